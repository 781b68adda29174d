#include "mica/codecs/errc.hpp"

#include <array>
#include <utility>

namespace mica {

namespace {

struct row {
  std::string_view name;
  int status;
};

// By value of errc. docs/errors.md is checked against this table by a test.
constexpr auto rows = std::array<row, 21>{{
    {"none", 200},
    {"invalid_argument", 400},
    {"unauthenticated", 401},
    {"permission_denied", 403},
    {"not_found", 404},
    {"endpoint_not_found", 404},
    {"service_not_found", 404},
    {"none_available", 503},
    {"timeout", 408},
    {"cancelled", 408},
    {"conflict", 409},
    {"limit_exceeded", 413},
    {"unsupported_content_type", 415},
    {"protocol_error", 400},
    {"connection_failed", 503},
    {"connection_lost", 500},
    {"overloaded", 503},
    {"unavailable", 503},
    {"would_block", 500},
    {"unimplemented", 501},
    {"internal", 500},
}};

constexpr auto phrases = std::array<std::pair<int, std::string_view>, 42>{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

} // namespace

std::string_view to_string(errc code) noexcept {
  auto index = static_cast<size_t>(code);
  return index < rows.size() ? rows[index].name : "unknown";
}

int http_status(errc code) noexcept {
  auto index = static_cast<size_t>(code);
  return index < rows.size() ? rows[index].status : 500;
}

errc errc_from_status(int status) noexcept {
  switch (status) {
    case 0: // plain text: what a Go handler's ordinary error looks like
      return errc::internal;
    case 200:
      return errc::none;
    case 401:
      return errc::unauthenticated;
    case 403:
      return errc::permission_denied;
    case 404:
      return errc::not_found;
    case 408:
    case 504:
      return errc::timeout;
    case 409:
      return errc::conflict;
    case 413:
    case 414:
    case 431:
      return errc::limit_exceeded;
    case 415:
      return errc::unsupported_content_type;
    case 429:
      return errc::overloaded;
    case 501:
      return errc::unimplemented;
    case 502:
    case 503:
      return errc::unavailable;
    default:
      return status >= 400 && status < 500 ? errc::invalid_argument : errc::internal;
  }
}

std::string_view reason_phrase(int status) noexcept {
  for (const auto& [code, phrase] : phrases)
    if (code == status)
      return phrase;
  return {};
}

} // namespace mica
