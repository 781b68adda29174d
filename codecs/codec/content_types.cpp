#include "mica/codecs/codec.hpp"

#include <algorithm>
#include <utility>

namespace mica {

namespace {

constexpr std::string_view blanks = " \t";

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// `Application/JSON; charset=utf-8` -> `application/json`
std::string normalized(std::string_view type) {
  type = type.substr(0, type.find(';'));
  auto first = type.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  auto last = type.find_last_not_of(blanks);
  std::string result{type.substr(first, last - first + 1)};
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

} // namespace

codec::~codec() {
  // nop
}

content_types::content_types() {
  entries_ = {
      {"application/protobuf", {proto_codec(), framing::none}},
      {"application/json", {json_codec(), framing::none}},
      {"application/proto-rpc", {proto_codec(), framing::proto_rpc}},
      {"application/json-rpc", {json_codec(), framing::json_rpc}},
      {"application/octet-stream", {bytes_codec(), framing::none}},
  };
}

void content_types::add(std::string_view type, content_type_entry entry) {
  auto name = normalized(type);
  for (auto& x : entries_) {
    if (x.first == name) {
      x.second = std::move(entry);
      return;
    }
  }
  entries_.emplace_back(std::move(name), std::move(entry));
}

const content_type_entry* content_types::find(std::string_view type) const {
  auto exact = [this](std::string_view name) -> const content_type_entry* {
    for (const auto& x : entries_)
      if (x.first == name)
        return &x.second;
    return nullptr;
  };
  if (type.empty())
    type = "application/protobuf";
  // Nearly always it is written as it stands in the table.
  if (const auto* found = exact(type))
    return found;
  auto plain = normalized(type);
  return plain == type || plain.empty() ? nullptr : exact(plain);
}

std::string content_types::names() const {
  std::vector<std::string_view> sorted;
  for (const auto& [name, entry] : entries_)
    sorted.push_back(name);
  std::sort(sorted.begin(), sorted.end());
  std::string result;
  for (auto name : sorted) {
    if (!result.empty())
      result += ", ";
    result += name;
  }
  return result;
}

} // namespace mica
