// An HTTP message as a value: what net carries and mucp gives a meaning.

#pragma once

#include "mica/codecs/metadata.hpp"

#include <string>

namespace mica {

/// A whole request. The body is complete and no longer framed.
struct http_request {
  std::string method;
  /// Request target as sent, e.g. `/Greeter/Hello`.
  std::string target;
  /// Fields without the ones that frame the message or the connection
  /// (Content-Length, Transfer-Encoding, Connection, ...). Host stays; HTTP/2's
  /// `:authority` becomes Host.
  metadata fields;
  std::string body;
  /// 0 for HTTP/1.0 and HTTP/2, 1 for HTTP/1.1.
  int minor_version = 1;
  /// 1 or 2.
  int major_version = 1;
  /// Fields behind the body; HTTP/2 alone gives them to handlers.
  metadata trailers = {};
};

/// A whole response. The writer adds Content-Length and Connection.
struct http_response {
  int status = 200;
  metadata fields;
  std::string body;
  /// Close the connection after this response.
  bool close = false;
  /// Fields behind the body, written and read over HTTP/2 alone.
  metadata trailers = {};
};

} // namespace mica
