// HTTP messages as text, for tests: just enough to read the captures and to write what
// the HTTP session writes.

#pragma once

#include "mica/codecs/http.hpp"
#include "support/paths.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mica::test {

inline std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw std::runtime_error{"no file " + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::string capture(const std::string& name) {
  return read_file(mica::test::source_path("test/codecs/captures/" + name + ".http"));
}

struct http_text {
  std::string start_line;
  metadata fields;
  std::string body;
};

/// Takes one message off the front of `text`. Content-Length frames the body and does
/// not become a field, as in net.
inline http_text take_message(std::string_view& text) {
  http_text result;
  auto line = [&text] {
    auto end = text.find("\r\n");
    if (end == text.npos)
      throw std::runtime_error{"no line end"};
    auto found = text.substr(0, end);
    text.remove_prefix(end + 2);
    return found;
  };
  result.start_line = line();
  size_t size = 0;
  for (auto field = line(); !field.empty(); field = line()) {
    auto colon = field.find(": ");
    auto name = field.substr(0, colon);
    auto value = field.substr(colon + 2);
    if (name == "Content-Length")
      size = std::stoul(std::string{value});
    else
      result.fields.add(name, value);
  }
  if (size > text.size())
    throw std::runtime_error{"body too short"};
  result.body = text.substr(0, size);
  text.remove_prefix(size);
  return result;
}

inline http_request to_request(http_text x) {
  auto first = x.start_line.find(' ');
  auto second = x.start_line.find(' ', first + 1);
  http_request result;
  result.method = x.start_line.substr(0, first);
  result.target = x.start_line.substr(first + 1, second - first - 1);
  result.fields = std::move(x.fields);
  result.body = std::move(x.body);
  return result;
}

inline http_response to_response(http_text x) {
  http_response result;
  result.status = std::stoi(x.start_line.substr(9, 3));
  result.fields = std::move(x.fields);
  result.body = std::move(x.body);
  return result;
}

inline std::vector<http_request> captured_requests(const std::string& name) {
  auto bytes = capture(name + ".c2s");
  std::string_view rest = bytes;
  std::vector<http_request> result;
  while (!rest.empty())
    result.push_back(to_request(take_message(rest)));
  return result;
}

inline std::vector<http_response> captured_responses(const std::string& name) {
  auto bytes = capture(name + ".s2c");
  std::string_view rest = bytes;
  std::vector<http_response> result;
  while (!rest.empty())
    result.push_back(to_response(take_message(rest)));
  return result;
}

inline std::string field_lines(const metadata& fields) {
  std::string result;
  for (auto field : fields) {
    result += std::string{field.name} + ": " + std::string{field.value} + "\r\n";
  }
  return result;
}

/// As the HTTP session writes it: Content-Length behind User-Agent.
inline std::string text_of(const http_request& x) {
  auto result = x.method + ' ' + x.target + " HTTP/1.1\r\n";
  for (auto field : x.fields) {
    result += std::string{field.name} + ": " + std::string{field.value} + "\r\n";
    if (field.name == "User-Agent")
      result += "Content-Length: " + std::to_string(x.body.size()) + "\r\n";
  }
  return result + "\r\n" + x.body;
}

inline std::string hex(std::string_view text) {
  std::string result;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    result += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
  return result;
}

} // namespace mica::test
