// Commands on their way to the I/O lane.

#pragma once

#include "io/stream_command.hpp"

#include <caf/actor.hpp>
#include <caf/io/network/multiplexer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace mica::net {

/// Collects commands from any thread and hands them to their connections on the lane.
///
/// A message per answer would cost the sender a write to CAF's pipe and the lane a
/// read and a round of its loop. Here only the first command since the lane's last
/// look wakes it, and every connection writes what it got in one go.
class lane_inbox : public std::enable_shared_from_this<lane_inbox> {
public:
  explicit lane_inbox(caf::io::network::multiplexer& lane);
  lane_inbox(const lane_inbox&) = delete;
  lane_inbox& operator=(const lane_inbox&) = delete;
  ~lane_inbox();

  /// @pre `to` is a `lane_connection`. Thread-safe. Commands of one thread arrive in
  /// order.
  void push(const caf::actor& to, uint64_t stream, stream_command&& what);

private:
  struct entry {
    entry* next;
    caf::actor to;
    uint64_t stream;
    stream_command what;
  };

  /// Takes all entries, oldest first.
  entry* take_all();
  void deliver();

  caf::io::network::multiplexer& lane_;
  std::atomic<entry*> newest_{nullptr};
};

} // namespace mica::net
