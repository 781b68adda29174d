// What the tests of both sessions share: feeding slices, taking what is written.

#pragma once

#include "http1/client_session.hpp"
#include "http1/server_session.hpp"
#include "support/paths.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mica::test {

/// Gives `bytes` to the session in pieces of `size`.
template <class Session>
void feed(Session& session, std::string_view bytes, size_t size) {
  for (size_t at = 0; at < bytes.size(); at += size)
    session.receive(bytes.substr(at, size));
}

/// Calls `f(size)` for each size in which `bytes` can be sliced: 1, 2, ..., whole.
template <class F>
void at_every_slice_size(std::string_view bytes, F f) {
  for (size_t size = 1; size <= bytes.size(); ++size)
    f(size);
}

/// Takes all that the session wants to write, at most `most` bytes at a time.
template <class Session>
std::string written(Session& session, size_t most = std::string::npos) {
  std::string result;
  std::string_view parts[4];
  while (auto count = session.output(parts)) {
    std::string piece;
    for (size_t i = 0; i < count; ++i)
      piece += parts[i];
    piece.resize(std::min(piece.size(), most));
    session.sent(piece.size());
    result += piece;
  }
  return result;
}

/// A response as it stands on the wire, read without the code under test.
struct wire_message {
  std::string head;
  std::string body;
};

/// Returns the value of the field in `head`, or "(none)".
inline std::string field_of(const std::string& head, const std::string& name) {
  auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos)
    return "(none)";
  at += name.size() + 4;
  return head.substr(at, head.find("\r\n", at) - at);
}

/// Splits messages by their Content-Length; without one, no body.
inline std::vector<wire_message> split_messages(std::string_view bytes) {
  std::vector<wire_message> result;
  while (!bytes.empty()) {
    auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos)
      throw std::runtime_error{"no message: " + std::string{bytes}};
    wire_message message;
    message.head = bytes.substr(0, end + 2);
    bytes.remove_prefix(end + 4);
    auto length = field_of(message.head, "Content-Length");
    if (length != "(none)") {
      message.body = bytes.substr(0, std::stoul(length));
      bytes.remove_prefix(message.body.size());
    }
    result.push_back(std::move(message));
  }
  return result;
}

/// Takes every complete request.
inline std::vector<net::http1::numbered_request>
requests_of(net::http1::server_session& session) {
  std::vector<net::http1::numbered_request> result;
  net::http1::numbered_request next;
  while (session.next(next))
    result.push_back(std::move(next));
  return result;
}

inline http_response response(std::string body, int status = 200) {
  http_response result;
  result.status = status;
  result.body = std::move(body);
  return result;
}

inline std::string read_source_file(const std::string& path) {
  std::ifstream in{mica::test::source_path(path), std::ios::binary};
  if (!in)
    throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace mica::test
