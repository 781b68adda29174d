// Events over HTTP, as Go Micro's http broker sends and takes them
// (docs/wire/broker.md).

#pragma once

#include "mica/actors/event.hpp"
#include "mica/codecs/event_json.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/http.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::broker::http {

/// Which Go Micro a peer is like.
enum class generation : uint8_t {
  /// v1.18: `/_sub?id=`, the topic in `:topic`.
  v1,
  /// v2.5 and later: `/?id=`, the topic in `Micro-Topic`.
  v2,
};

/// One event on its way in.
struct incoming {
  /// The subscription it is for: a node id of the registry.
  std::string subscription;
  event_ptr what;
};

/// What is POSTed: Go Micro's JSON. Sets `Micro-Topic`, and for v1 `:topic` beside it.
std::string write_body(const event& what, generation to);

/// @param id of the subscriber's node; @param host for the field Host.
http_request write_request(generation to, std::string_view id, std::string_view host,
                           std::string body);

/// Reads both generations, told apart by the path. The topic is taken from `:topic`,
/// which goes then, else from `Micro-Topic`. An error has the text and the code that
/// Go Micro's broker answers: 405 for other methods than POST, 500 for a body that is
/// none or names no topic; besides, 404 for other paths and 413 beyond the limits.
expected<incoming> read_request(http_request&& request,
                                const event_json_limits& limits);

/// 200 without a body.
http_response accepted();

/// The error object as JSON under its own code. As in Go Micro, its id is
/// `go.micro.broker`.
http_response refused(error why);

/// What a subscriber's answer means: success for 2xx, else the error that it tells.
expected<void> read_response(const http_response& response);

/// Percent-encoding of a query's value, as Go's url.QueryEscape, and back.
std::string escape_query(std::string_view text);
std::string unescape_query(std::string_view text);

} // namespace mica::broker::http
