// What JetStream says in subjects, headers and JSON. Pure.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mica::broker::jetstream {

/// What the reply subject of a delivery tells:
/// `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer
/// seq>.<time>.<pending>`, with `<domain>.<account>` before the stream in newer
/// servers.
struct delivery_mark {
  /// 1 for the first delivery.
  uint64_t delivered = 0;
  uint64_t sequence = 0;
};

/// None for other subjects.
std::optional<delivery_mark> read_ack_subject(std::string_view subject);

/// What becomes of a publish.
struct publish_answer {
  enum class kind : uint8_t {
    stored,
    /// No stream listens (any more), or not yet: try again.
    nobody,
    refused,
  };
  kind what = kind::refused;
  /// Of `refused`.
  error why = {};
};

/// Reads `{"stream":..,"seq":..}` or `{"error":{"code":..,"description":..}}`; anything
/// else is refused with `errc::protocol_error`. Full streams are `errc::overloaded`.
publish_answer read_publish_answer(std::string_view json);

/// What ends a pull request, by its `Status` header.
enum class pull_end : uint8_t {
  /// 404, 408 and such: ask again.
  over,
  /// 409 of a consumer that is gone: make it again.
  no_consumer,
  /// 503: JetStream is not ready; ask again after a while.
  not_ready,
};

pull_end read_pull_status(std::string_view status, std::string_view description);

} // namespace mica::broker::jetstream
