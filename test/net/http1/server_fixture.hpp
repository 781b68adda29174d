// What the tests of the server session share.

#pragma once

#include "session_io.hpp"

namespace mica::test {

inline std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

inline std::string post(const std::string& body, const std::string& fields = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields
         + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline const std::string continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

struct server_fixture {
  /// Gives bytes and returns the requests they complete.
  std::vector<net::http1::numbered_request> receive(std::string_view bytes) {
    session.receive(bytes);
    return requests_of(session);
  }

  /// Returns the bodies of all that is written.
  std::string bodies() {
    std::string result;
    for (const auto& x : split_messages(written(session)))
      result += x.body;
    return result;
  }

  /// Returns the heads of all that is written.
  std::vector<std::string> heads() {
    std::vector<std::string> result;
    for (const auto& x : split_messages(written(session)))
      result.push_back(x.head);
    return result;
  }

  bool in(net::http1::phase expected) const {
    return session.state() == expected;
  }

  net::http_limits limits;
  net::http1::server_session session{limits};
};

} // namespace mica::test
