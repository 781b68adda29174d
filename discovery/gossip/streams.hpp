// Streams under way: ours and those of peers.

#pragma once

#include "gossip/membership.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mica::discovery::gossip {

using stream_id = uint64_t;

/// What the owner of the sockets shall do with a stream.
struct stream_order {
  enum class kind : uint8_t {
    /// Connect to `to`, send `bytes`. Ids of opened streams are odd.
    open,
    /// Send `bytes`.
    write,
    /// Close, whatever is unsent.
    close,
  };

  kind what = kind::open;
  stream_id id = 0;
  host_port to;
  std::string bytes;
  /// Close once everything is sent.
  bool last = false;
};

/// Why we opened a stream.
struct stream_purpose {
  enum class kind : uint8_t {
    probe,
    state_exchange,
    /// A state exchange with a seed.
    join,
    /// A user message that is too large for a datagram; nothing comes back.
    user,
  };

  kind what = kind::user;
  host_port to;
  uint32_t seq = 0;
  /// Index of the seed.
  size_t seed = 0;
};

/// A message that came, or that none will come.
struct stream_event {
  stream_id id = 0;
  /// Nothing: a peer opened it.
  std::optional<stream_purpose> purpose;
  expected<stream_message> result;
};

/// Counts, bounds and ends streams. Pure: bytes and time in, orders and events out; not
/// thread-safe.
class stream_table {
public:
  /// @param options must outlive the table.
  explicit stream_table(const wire_options& options) : options_(options) {
    // nop
  }

  /// True if a stream may be opened. Probes always may: there is one at a time.
  bool free() const noexcept {
    return outgoing() < options_.limits.streams_out;
  }

  /// Opens a stream that says `text`. Fails by an event.
  void open(stream_purpose purpose, std::string text, time_point deadline,
            std::vector<stream_order>& orders, std::vector<stream_event>& events);

  /// A peer opened a stream.
  void accepted(stream_id id, time_point now, std::vector<stream_order>& orders);

  /// Bytes came.
  void received(stream_id id, std::string_view bytes, std::vector<stream_order>& orders,
                std::vector<stream_event>& events);

  /// The stream is gone: it ended, or it could not be opened.
  void ended(stream_id id, const mica::error& why, std::vector<stream_event>& events);

  /// Answers a peer's stream, which ends by that. It counts until it is `ended`.
  void answer(stream_id id, std::string text, time_point now,
              std::vector<stream_order>& orders);

  /// Lets a peer's stream go.
  void close(stream_id id, std::vector<stream_order>& orders);

  /// Ends what took too long.
  void tick(time_point now, std::vector<stream_order>& orders,
            std::vector<stream_event>& events);

  std::optional<time_point> next() const;

  /// Streams that peers have open.
  size_t incoming() const noexcept {
    return incoming_;
  }

  size_t outgoing() const noexcept {
    return sessions_.size() - incoming_;
  }

private:
  struct session {
    std::optional<stream_purpose> purpose;
    stream_reader reader;
    time_point deadline;
    /// Bytes that a peer's stream holds here: what came, then what is to go.
    size_t held = 0;
    bool answered = false;
  };

  session* find(stream_id id);
  void erase(stream_id id);
  void fail(stream_id id, mica::error why, std::vector<stream_event>& events);

  const wire_options& options_;
  stream_id last_id_ = 1;
  std::map<stream_id, session> sessions_;
  size_t incoming_ = 0;
  /// Bytes that peers' streams hold.
  size_t held_ = 0;
};

} // namespace mica::discovery::gossip
