#include "mica/codecs/event_json.hpp"

#include "json/scanner.hpp"
#include "json/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mica {

namespace {

// Of an event of ours: one allocation each instead of one per doubling.
constexpr size_t usual_fields = 6;
constexpr size_t usual_header_bytes = 192;

error beyond(std::string_view limit, size_t value) {
  return {errc::limit_exceeded, "event: more than " + std::to_string(value)
                                    + " (event_json_limits::" + std::string{limit}
                                    + ")"};
}

// encoding/json finds a struct's members without regard to case.
bool is_member(std::string_view name, std::string_view member) {
  return equal_names(name, member);
}

class reader {
public:
  reader(std::string_view text, const event_json_limits& limits)
    : scanner_(text),
      limits_(limits) {
    // nop
  }

  expected<event_json> run() {
    auto read = read_message() && scanner_.finish();
    if (failure_)
      return std::move(failure_);
    if (!read)
      return error{errc::invalid_argument, "event: " + scanner_.failure()};
    return std::move(result_);
  }

private:
  bool read_message() {
    // Go leaves a struct alone where null stands.
    if (scanner_.peek() == json::kind::null)
      return scanner_.null();
    if (scanner_.peek() != json::kind::object)
      return scanner_.fail("expected an object with Header and Body");
    if (!scanner_.enter())
      return false;
    auto first = true;
    std::string name;
    std::string_view skipped;
    while (scanner_.next_member(first, name)) {
      auto known = is_member(name, "Header") ? read_headers()
                   : is_member(name, "Body") ? read_body()
                                             : scanner_.raw(skipped);
      if (!known)
        return false;
    }
    return !scanner_.failed();
  }

  bool read_headers() {
    if (scanner_.peek() == json::kind::null)
      return scanner_.null();
    if (scanner_.peek() != json::kind::object)
      return scanner_.fail("Header: expected an object of strings");
    if (!scanner_.enter())
      return false;
    result_.headers.reserve(usual_fields, usual_header_bytes);
    auto first = true;
    std::string name;
    while (scanner_.next_member(first, name))
      if (!read_header(name))
        return false;
    return !scanner_.failed();
  }

  bool read_header(const std::string& name) {
    value_.clear();
    if (scanner_.peek() == json::kind::null) {
      if (!scanner_.null())
        return false;
    } else if (scanner_.peek() != json::kind::string) {
      return scanner_.fail("Header." + json::shortened(name) + ": expected a string");
    } else if (!scanner_.string(value_)) {
      return false;
    }
    if (result_.headers.contains(name))
      return true;
    header_bytes_ += name.size() + value_.size();
    if (header_bytes_ > limits_.header_bytes)
      return refuse(beyond("header_bytes", limits_.header_bytes));
    if (result_.headers.size() == limits_.header_fields)
      return refuse(beyond("header_fields", limits_.header_fields));
    result_.headers.add(name, value_);
    return true;
  }

  bool read_body() {
    if (scanner_.peek() == json::kind::null)
      return scanner_.null();
    if (scanner_.peek() != json::kind::string)
      return scanner_.fail("Body: expected a string in base64");
    if (!scanner_.string(value_))
      return false;
    // Go's decoder skips line breaks.
    // Two searches: one for a set looks each character up.
    if (value_.find('\n') != value_.npos || value_.find('\r') != value_.npos)
      std::erase_if(value_, [](char c) { return c == '\r' || c == '\n'; });
    if (value_.size() / 4 * 3 > limits_.body_bytes + 2)
      return refuse(beyond("body_bytes", limits_.body_bytes));
    auto bytes = json::parse_base64(value_);
    if (!bytes)
      return scanner_.fail("Body: not base64");
    if (bytes->size() > limits_.body_bytes)
      return refuse(beyond("body_bytes", limits_.body_bytes));
    result_.body = std::move(*bytes);
    return true;
  }

  bool refuse(error why) {
    failure_ = std::move(why);
    return false;
  }

  json::scanner scanner_;
  const event_json_limits& limits_;
  event_json result_;
  std::string value_;
  size_t header_bytes_ = 0;
  error failure_;
};

void append_headers(std::string& out, const metadata& headers) {
  if (headers.empty()) {
    out += "null";
    return;
  }
  std::vector<metadata::entry> sorted;
  sorted.reserve(headers.size());
  for (auto field : headers) {
    auto same = [&](const auto& x) { return equal_names(x.name, field.name); };
    if (std::none_of(sorted.begin(), sorted.end(), same))
      sorted.push_back(field);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& x, const auto& y) { return x.name < y.name; });
  auto separator = '{';
  for (const auto& [name, value] : sorted) {
    out += separator;
    json::append_string(out, name);
    out += ':';
    json::append_string(out, value);
    separator = ',';
  }
  out += '}';
}

} // namespace

std::string write_event_json(const metadata& headers, std::string_view body) {
  size_t text = 0;
  for (auto field : headers)
    text += field.name.size() + field.value.size() + 6;
  std::string out;
  out.reserve(text + body.size() / 3 * 4 + 32);
  out += "{\"Header\":";
  append_headers(out, headers);
  out += ",\"Body\":";
  if (body.empty()) {
    // Go writes "" for a slice that was made and null for none; both read the same.
    out += "null}";
    return out;
  }
  out += '"';
  json::append_base64(out, body);
  out += "\"}";
  return out;
}

expected<event_json> read_event_json(std::string_view text,
                                     const event_json_limits& limits) {
  return reader{text, limits}.run();
}

} // namespace mica
