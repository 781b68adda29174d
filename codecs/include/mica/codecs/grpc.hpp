// Calls and replies as gRPC over HTTP/2 messages, both directions. Pure functions.
//
// Source: PROTOCOL-HTTP2.md of gRPC, docs/wire/grpc.md.

#pragma once

#include "mica/codecs/codec.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "mica/codecs/grpc_status.hpp"
#include "mica/codecs/http.hpp"

#include <string>
#include <string_view>

namespace mica::grpc {

/// Tells whether a content type is gRPC's: `application/grpc`, `application/grpc+...`.
bool is_grpc(std::string_view content_type) noexcept;

/// Returns what encodes the messages of a gRPC content type: `+proto` or nothing,
/// `+json`,
/// `+bytes`, else `application/<suffix>` as `types` knows it. Returns nullptr for
/// unknown ones.
const content_type_entry* find_codec(std::string_view content_type,
                                     const content_types& types);

// -- the server's side ------------------------------------------------------------

/// What a path names: views into it.
struct method_path {
  /// `package.Service`, or `<service name>.Service` of Go Micro's clients.
  std::string_view service;
  std::string_view method;

  /// `Service.Method`, with the last dotted part of `service` alone.
  std::string endpoint() const;
};

/// Reads `/[package.]Service/Method`; both parts are empty for anything else.
method_path parse_path(std::string_view target) noexcept;

/// Reads a whole unary request.
///
/// The failure is what to answer by `write_reply(style_of(request), ...)`: not POST, a
/// path that is not `/[package.]Service/Method`, an unknown suffix or coding, a bad
/// time, a broken frame, no message or several. `request` is moved from on success
/// alone.
/// @param message_bytes the most that the message may have (`errc::limit_exceeded`).
expected<incoming_call> read_request(http_request&& request, const content_types& types,
                                     size_t message_bytes = default_message_bytes);

/// The beginning of a stream.
struct incoming_head {
  /// Without body.
  incoming_call call;
  /// How its messages are compressed.
  coding from = coding::identity;
};

/// As `read_request` for the fields alone.
expected<incoming_head> read_head(http_request&& head, const content_types& types);

/// Returns how to answer `request` although it could not be read.
reply_style style_of(const http_request& request);

/// Writes a unary answer: fields, message and trailers, or the failure in the fields
/// alone (Trailers-Only).
/// @param as compresses the message, if the client reads that.
/// @param message_bytes larger ones become RESOURCE_EXHAUSTED.
http_response write_reply(const reply_style& style, outgoing_reply&& reply,
                          coding as = coding::identity,
                          size_t message_bytes = default_message_bytes);

/// Writes the fields in front of a stream of messages.
/// @param as how they are compressed; see `usable`.
http_response write_head(const reply_style& style, const metadata& headers,
                         coding as = coding::identity);

/// Writes the fields behind a stream of messages.
/// @param failure "none" for OK.
/// @param trailers the user's.
metadata write_trailers(const reply_style& style, const error& failure,
                        const metadata& trailers);

/// Answers a request whose content type is none of gRPC's although its
/// `user-agent: grpc-...` says that the client speaks it: HTTP status 415, and `why`
/// for those who look.
http_response write_wrong_type(const error& why);

/// Returns `wanted` if the client reads it, else identity.
coding usable(const reply_style& style, coding wanted) noexcept;

// -- the client's side ------------------------------------------------------------

/// What the called node expects.
enum class dialect : uint8_t {
  /// `/package.Service/Method`.
  standard,
  /// Go Micro's server: `/<service name>.Service/Method`, and its own fields.
  go_micro,
};

/// Writes a whole unary request.
/// @param host the dialled address, or the name to ask for (`:authority`).
/// Fails with `errc::limit_exceeded` above `message_bytes`.
expected<http_request> write_request(outgoing_call&& call, std::string_view host,
                                     dialect peer, coding as = coding::identity,
                                     size_t message_bytes = default_message_bytes);

/// The same for a call that may be made again: only its body is copied.
expected<http_request> write_request(const outgoing_call& call, std::string_view host,
                                     dialect peer, coding as = coding::identity,
                                     size_t message_bytes = default_message_bytes);

/// As `write_request` for a stream: fields without body.
http_request write_head(const outgoing_call& call, std::string_view host, dialect peer,
                        coding as = coding::identity);

/// Reads a whole unary response: the reply, or the failure that it tells.
expected<incoming_reply> read_reply(http_response&& response,
                                    size_t message_bytes = default_message_bytes);

/// Returns how the messages of a response are compressed. Fails with
/// `errc::protocol_error` for codings that we did not offer.
expected<coding> coding_of(const metadata& head);

/// Returns how a call ended: "none" for OK, else the failure from the trailers, or from
/// the fields of a response that has no others, or from its HTTP status.
error outcome_of(const http_response& head, const metadata& trailers);

/// Turns the base64 of fields `...-bin` into bytes, in place; one with commas becomes
/// several. `read_request` and `read_reply` have done so. Fails with
/// `errc::protocol_error`.
expected<void> decode_binary_fields(metadata& fields);

} // namespace mica::grpc
