// Go Micro's RPC protocol over HTTP messages, both directions. Pure functions.

#pragma once

#include "mica/codecs/codec.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/http.hpp"

#include <string_view>

namespace mica::mucp {

/// Reads a request: mucp if the path is `/` or a Micro-* field is there, else plain
/// HTTP on `/[package.]Service/Method` (architecture 7).
///
/// Whether the endpoint exists is not looked at. The failure is what to answer by
/// `write_reply(style_of(request), ...)`: a bad Timeout, an ill-formed endpoint, a
/// broken envelope, a content type without a codec, a path with too many or too few
/// segments. `request` is moved from on success alone.
/// @param types decides which content types carry an envelope.
expected<incoming_call> read_request(http_request&& request,
                                     const content_types& types);

/// Returns how to answer `request` although it could not be read. Passes over all
/// fields again: meant for that case and no other.
reply_style style_of(const http_request& request);

/// Writes the answer: mucp with status 200 and exactly the fields that Go Micro
/// clients need, plain HTTP with the failure's status and the Micro error object
/// as JSON body.
http_response write_reply(const reply_style& style, outgoing_reply&& reply,
                          const content_types& types);

/// What the called node understands.
enum class dialect : uint8_t {
  /// Announces `protocol=mucp`.
  current,
  /// Announces no protocol: enveloped bodies (wire reference 3.6).
  legacy,
};

/// Writes the request that Go Micro's client would write, byte for byte but for
/// what only Go's own library adds.
/// @param host the dialled address.
http_request write_request(outgoing_call&& call, std::string_view host, dialect peer,
                           const content_types& types);

/// Reads the response to `call_id`'s request: the reply, or the failure in
/// Micro-Error, in a legacy envelope, in a text/plain refusal, in a status.
expected<incoming_reply> read_reply(http_response&& response, dialect peer,
                                    std::string_view content_type,
                                    const content_types& types);

// -- streams (docs/wire/mucp.md) ----------------------------------------------------

/// The Micro-Error of a message that ends a stream well.
inline constexpr std::string_view end_of_stream = "EOS";

/// What tells the messages of streams apart. Views into the fields; empty if absent.
struct stream_fields {
  /// Micro-Stream: on every message that a client sends on a stream.
  std::string_view stream;
  /// Micro-Error: the message is the last one of its direction.
  std::string_view error;
  std::string_view service;
  std::string_view endpoint;
};

stream_fields read_stream_fields(const metadata& fields);

/// Returns the Micro-Stream alone, empty if there is none: most requests have none, and
/// all are asked.
std::string_view stream_of(const metadata& fields) noexcept;

/// Writes the message that opens a stream: `call.body` is what the server throws away.
/// All others of the client have the same fields.
http_request write_stream_request(outgoing_call&& call, std::string_view host,
                                  const content_types& types);

/// The field that the client's last message has besides.
metadata write_stream_close();

/// The fields of each message of a server's stream.
metadata write_stream_head(const reply_style& style, const metadata& headers);

/// The fields of the server's last message, which has no body. @param outcome "none"
/// for a call that ended well.
metadata write_stream_end(const reply_style& style, const error& outcome,
                          const metadata& trailers);

/// Reads the fields of the last message that a peer sent on a stream: "none" for a good
/// end. Without Micro-Error that is `errc::protocol_error`.
error read_stream_end(const metadata& fields);

} // namespace mica::mucp
