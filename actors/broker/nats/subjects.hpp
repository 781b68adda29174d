// Topics and queues as NATS names them. Pure.

#pragma once

#include "mica/codecs/expected.hpp"

#include <string>
#include <string_view>

namespace mica::broker::nats {

/// Refuses what no subject can be: empty, above 255 bytes, with white space or control
/// characters, with an empty token (`a..b`, `.a`), with a wildcard (`*`, `>`). Fails
/// with `errc::invalid_argument`.
expected<void> check_topic(std::string_view topic);

/// Refuses what no queue can be: above 128 bytes, with white space or control
/// characters.
expected<void> check_queue(std::string_view queue);

/// A name of a stream or consumer, made of letters, digits, `-` and `_`: other bytes
/// become `_` and two hex digits, and so does `_`. Different texts give different
/// names.
std::string plain_name(std::string_view text);

} // namespace mica::broker::nats
