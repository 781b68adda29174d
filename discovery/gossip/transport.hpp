// The sockets of gossip and the thread that waits for them: the only place where
// packets and streams meet the kernel.

#pragma once

#include "gossip/streams.hpp"
#include "mdns/sockets.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mica::discovery::gossip {

/// Something that happened to a stream.
struct stream_news {
  enum class kind : uint8_t {
    accepted,
    bytes,
    ended,
  };

  kind what = kind::bytes;
  /// Even for accepted streams.
  stream_id id = 0;
  std::string bytes;
  mica::error why;
};

/// A seed's name was looked up.
struct name_answer {
  size_t seed = 0;
  std::vector<ip_address> hosts;
  std::string why;
};

struct gossip_datagram {
  std::string bytes;
  host_port source;
};

/// What woke the thread. A deadline that passed has no member of its own.
struct arrivals {
  std::vector<gossip_datagram> datagrams;
  std::vector<stream_news> streams;
  std::vector<name_answer> names;
};

class socket_loop;

/// A UDP socket and a TCP listener on one port, streams, and the owner's clock. Its
/// member functions belong to the owner's thread, one at a time; what arrives is
/// delivered on a thread of its own. Its end comes promptly, also on that thread.
class transport {
public:
  /// Datagrams, accepted streams and pieces of streams in one batch, each.
  static constexpr size_t batch_size = 32;
  /// Bytes of one piece.
  static constexpr size_t piece_size = 65'536;
  /// Batches handed out and not yet `done`; beyond, everything waits in the kernel,
  /// which drops datagrams that exceed its buffer.
  static constexpr int max_batches = 8;
  /// Names waiting to be looked up; beyond, a lookup fails.
  static constexpr size_t max_names = 256;

  /// Binds; port 0 chooses one that is free for both protocols. Fails with
  /// `errc::unavailable`.
  static expected<std::unique_ptr<transport>> open(const host_port& bind);

  ~transport();
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  /// Where it listens.
  const host_port& bound() const noexcept;

  /// Starts the thread; it calls `deliver` for each batch. Fails with
  /// `errc::unavailable` if there is no thread to be had.
  expected<void> start(std::function<void(arrivals)> deliver);

  /// Sends at once; what the kernel has no room for is lost, as on the wire.
  void send(const packet& x) const;

  void carry_out(std::vector<stream_order> orders);

  /// Looks up a name on another thread: that may take long.
  void resolve(size_t seed, std::string name);

  /// Asks for one wake-up at this time, in place of an earlier wish.
  void wake_at(time_point when);

  /// A batch was dealt with.
  void done();

private:
  friend class socket_loop;
  struct shared;

  explicit transport(std::shared_ptr<shared> state);

  std::shared_ptr<shared> shared_;
  std::thread thread_;
};

} // namespace mica::discovery::gossip
