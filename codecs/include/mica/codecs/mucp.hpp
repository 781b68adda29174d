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

} // namespace mica::mucp
