// Requests and responses as bytes.

#pragma once

#include "http1/output_queue.hpp"

#include "mica/codecs/http.hpp"

namespace mica::net::http1 {

/// What the response says about the connection and whether its body travels.
struct response_style {
  /// Answers HEAD: Content-Length of a body that is not sent.
  bool to_head = false;
  /// Says `Connection: close`.
  bool close = false;
  /// Says `Connection: keep-alive`, which clients of HTTP/1.0 wait for.
  bool keep_alive = false;
};

/// Writes status line, Content-Length, the fields in their order, Connection.
///
/// Fields that frame the message are left out, since they are the writer's; so are
/// names that are no tokens; control characters in values become blanks: no value
/// can add a line. A status outside 200..599 becomes 500. No Date: this layer has no
/// clock.
void write_response(output_queue& out, http_response&& response, response_style style);

/// Writes a response of status 200 that says nothing of its connection, else as
/// `write_response`.
void write_message(output_queue& out, const metadata& fields, std::string_view body);

/// Writes `HTTP/1.1 100 Continue`.
void write_continue(output_queue& out);

/// Returns whether `request` has a method and a target that can be written.
bool writable(const http_request& request);

/// Writes the request line, the fields in their order and the body. Content-Length
/// stands behind the first User-Agent, else behind the first Host, else first; it is
/// written if there is a body or the method (POST, PUT, PATCH) promises one.
/// @pre `writable(request)`
void write_request(output_queue& out, http_request&& request);

} // namespace mica::net::http1
