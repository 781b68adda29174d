#include "http1/start_line.hpp"

#include "http1/grammar.hpp"

namespace mica::net::http1 {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// However it is spelled: then it is a mistake of somebody who means HTTP.
bool mentions_http(std::string_view text) {
  constexpr std::string_view name = "http";
  for (size_t i = 0; i + name.size() <= text.size(); ++i)
    if (equal_names(text.substr(i, name.size()), name))
      return true;
  return false;
}

/// Reads `HTTP/x.y` and nothing else.
bool parse_version(std::string_view text, int& minor, fault& why) {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is_digit(text[5])
      || text[6] != '.' || !is_digit(text[7])) {
    refuse(why, 400, "HTTP version " + quoted(text) + " is malformed: send HTTP/1.1");
    why.foreign = !mentions_http(text);
    return false;
  }
  if (text[5] != '1' || text[7] > '1')
    return refuse(why, 505,
                  "HTTP version " + quoted(text)
                      + " is not served here: send HTTP/1.1 or HTTP/1.0");
  minor = text[7] - '0';
  return true;
}

/// Reads `http://authority[/path][?query]`.
bool parse_absolute_form(std::string_view target, http_request& out,
                         std::string& authority, fault& why) {
  auto colon = target.find("://");
  auto scheme = target.substr(0, colon);
  if (colon == std::string_view::npos
      || !(equal_names(scheme, "http") || equal_names(scheme, "https")))
    return refuse(why, 400,
                  "request target " + quoted(target) + " is no path: begin it with /");
  auto rest = target.substr(colon + 3);
  auto size = span_of(host_chars, rest);
  // A user name (with `@`) is forbidden here by RFC 9110, 4.2.4.
  if (size == 0 || (size < rest.size() && rest[size] != '/' && rest[size] != '?'))
    return refuse(why, 400,
                  "request target " + quoted(target) + " names no valid host");
  authority = rest.substr(0, size);
  auto path = rest.substr(size);
  out.target.clear();
  if (path.empty() && out.method == "OPTIONS")
    out.target = '*';
  else if (path.empty() || path.front() == '?')
    out.target = '/';
  out.target += path;
  return true;
}

} // namespace

bool parse_request_line(std::string_view line, http_request& out,
                        std::string& authority, fault& why) {
  auto method_size = span_of(token_chars, line);
  auto after_method = line.substr(method_size);
  auto target_size =
      after_method.empty() ? 0 : span_of(target_chars, after_method.substr(1));
  if (method_size == 0 || target_size == 0 || after_method.front() != ' '
      || after_method.size() <= target_size + 1 || after_method[target_size + 1] != ' ')
    return refuse(why, 400,
                  "request line " + quoted(line)
                      + " is malformed: send METHOD /target HTTP/1.1");
  if (!parse_version(after_method.substr(target_size + 2), out.minor_version, why))
    return false;
  auto target = after_method.substr(1, target_size);
  out.method.assign(line.substr(0, method_size));
  authority.clear();
  if (out.method == "CONNECT")
    return refuse(why, 501, "CONNECT is not served here: this is no proxy");
  if (target.front() == '/' || (target == "*" && out.method == "OPTIONS")) {
    out.target.assign(target);
    return true;
  }
  return parse_absolute_form(target, out, authority, why);
}

bool parse_status_line(std::string_view line, status_line& out, fault& why) {
  if (!parse_version(line.substr(0, 8), out.minor_version, why))
    return false;
  auto code = line.substr(8);
  bool well_formed = code.size() >= 4 && code[0] == ' ' && code[1] >= '1'
                     && is_digit(code[1]) && is_digit(code[2])
                     && is_digit(code[3])
                     // Old servers leave the SP out along with the reason.
                     && (code.size() == 4 || code[4] == ' ')
                     && all(value_chars, code.substr(4));
  if (!well_formed)
    return refuse(why, 400, "status line " + quoted(line) + " is malformed");
  out.status = (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0');
  return true;
}

} // namespace mica::net::http1
