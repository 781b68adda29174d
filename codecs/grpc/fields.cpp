#include "grpc/fields.hpp"

#include "grpc/text.hpp"
#include "mucp/fields.hpp"
#include "json/text.hpp"

#include <algorithm>
#include <string>

namespace mica::grpc {

namespace {

constexpr std::string_view details_name = "grpc-status-details-bin";

// HTTP/2 carries names in lower case: the comparison is one of a few bytes.
bool is(std::string_view name, std::string_view expected) noexcept {
  return name == expected || equal_names(name, expected);
}

bool is_binary(std::string_view name) noexcept {
  return name.size() > 4 && is(name.substr(name.size() - 4), "-bin");
}

void take_first(std::string_view& to, std::string_view value) noexcept {
  if (to.data() == nullptr)
    to = value;
}

// The field behind `grpc-`; null if it is none of ours.
std::string_view grpc_fields::*find_member(std::string_view tail) noexcept {
  using f = grpc_fields;
  switch (tail.size()) {
    case 6:
      return is(tail, "status") ? &f::status : nullptr;
    case 7:
      if (is(tail, "timeout"))
        return &f::timeout;
      return is(tail, "message") ? &f::message : nullptr;
    case 8:
      return is(tail, "encoding") ? &f::encoding : nullptr;
    case 15:
      return is(tail, "accept-encoding") ? &f::accept_encoding : nullptr;
    case 18:
      return is(tail, "status-details-bin") ? &f::details : nullptr;
    default:
      return nullptr;
  }
}

bool is_reserved(std::string_view name) noexcept {
  if (name.size() >= 5 && is(name.substr(0, 5), "grpc-"))
    return true;
  for (auto x : {"host", "te", "content-type", "user-agent", "timeout",
                 "x-content-type", "micro-from-service"})
    if (is(name, x))
      return true;
  return mucp::is_micro_field(name) || mucp::is_framing_field(name);
}

} // namespace

grpc_fields scan(const metadata& fields) {
  grpc_fields result;
  for (auto [name, value] : fields) {
    if (name.size() < 5)
      continue;
    // The first letter sorts out nearly all others.
    auto first = static_cast<char>(name[0] | 0x20);
    if (first == 'g' && is(name.substr(0, 5), "grpc-")) {
      if (auto x = find_member(name.substr(5))) {
        take_first(result.*x, value);
        continue;
      }
    } else if (first == 'c' && is(name, "content-type")) {
      take_first(result.content_type, value);
      continue;
    } else if (first == 't' && is(name, "timeout")) {
      take_first(result.micro_timeout, value);
      continue;
    } else if (first == 'x' && is(name, "x-content-type")) {
      take_first(result.micro_content_type, value);
      continue;
    }
    result.has_binary |= is_binary(name);
  }
  return result;
}

expected<void> decode_binary(metadata& fields) {
  metadata result;
  for (auto [name, value] : fields) {
    if (!is_binary(name) || is(name, details_name)) {
      result.add(name, value);
      continue;
    }
    for (;;) {
      auto comma = std::min(value.find(','), value.size());
      auto item = value.substr(0, comma);
      while (item.starts_with(' '))
        item.remove_prefix(1);
      auto bytes = parse_binary(item);
      if (!bytes)
        return error{errc::protocol_error, "field " + json::shortened(name) + ": "
                                               + json::shortened(item)
                                               + " is no base64"};
      result.add(name, *bytes);
      if (comma == value.size())
        break;
      value.remove_prefix(comma + 1);
    }
  }
  fields = std::move(result);
  return {};
}

void add_user_fields(metadata& to, const metadata& fields) {
  std::string lower;
  std::string bytes;
  for (auto [name, value] : fields) {
    if (is_reserved(name))
      continue;
    lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    if (is_binary(lower)) {
      bytes.clear();
      append_binary(bytes, value);
      mucp::add_foreign_field(to, lower, bytes);
    } else {
      mucp::add_foreign_field(to, lower, value);
    }
  }
}

} // namespace mica::grpc
