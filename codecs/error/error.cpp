#include "mica/codecs/error.hpp"

#include "json/text.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace mica {

namespace {

using object_type = nlohmann::json;

void append_text(std::string& out, const char* key, const std::string& text) {
  if (text.empty())
    return;
  if (out.size() > 1)
    out += ',';
  out += '"';
  out += key;
  out += "\":";
  // Bytes that are no UTF-8 do not keep an error from being told.
  json::append_string(out, text);
}

const std::string* text_of(const object_type& object, const char* key) {
  auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

void assign(std::string& to, const std::string* text) {
  if (text)
    to = *text;
}

} // namespace

error::error(errc why, std::string text, std::string where)
  : id(std::move(where)),
    code(http_status(why)),
    detail(std::move(text)),
    status(reason_phrase(code)),
    reason(why) {
  // nop
}

error::error(int http_code, std::string text, std::string where)
  : id(std::move(where)),
    code(http_code),
    detail(std::move(text)),
    status(reason_phrase(http_code)),
    reason(errc_from_status(http_code)) {
  // nop
}

std::string to_json(const error& x) {
  std::string out = "{";
  append_text(out, "id", x.id);
  if (x.code != 0) {
    if (out.size() > 1)
      out += ',';
    out += "\"code\":" + std::to_string(x.code);
  }
  append_text(out, "detail", x.detail);
  append_text(out, "status", x.status);
  out += '}';
  return out;
}

error parse_error(std::string_view text) {
  error result;
  // Most plain texts are no JSON; the parser is not asked about them.
  if (!text.empty() && text.front() == '{') {
    auto object = object_type::parse(text, nullptr, false);
    if (object.is_object()) {
      assign(result.id, text_of(object, "id"));
      assign(result.detail, text_of(object, "detail"));
      assign(result.status, text_of(object, "status"));
      if (auto code = object.find("code");
          code != object.end() && code->is_number_integer()) {
        auto number = code->get<int64_t>();
        result.code = number >= 0 && number <= 999 ? static_cast<int>(number) : 500;
      }
      result.reason = errc_from_status(result.code);
      // A peer that reports an error reports a failure, whatever code it gives.
      if (result.reason == errc::none)
        result.reason = errc::internal;
      return result;
    }
  }
  result.detail = text;
  result.reason = errc::internal;
  return result;
}

std::string to_string(const error& x) {
  std::string out;
  if (!x.id.empty())
    out += x.id + ": ";
  if (x.code != 0) {
    out += std::to_string(x.code);
    if (!x.status.empty())
      out += ' ' + x.status;
    out += ": ";
  }
  out += x.detail.empty() ? std::string{to_string(x.reason)} : x.detail;
  return out;
}

bool operator==(const error& x, const error& y) {
  return x.code == y.code && x.id == y.id && x.detail == y.detail
         && x.status == y.status;
}

} // namespace mica
