// One round of waiting for sockets: what the thread of the transport does.

#pragma once

#include "gossip/transport.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <poll.h>

namespace mica::discovery::gossip {

/// What the transport and its threads share.
struct transport::shared {
  host_port bound;
  mdns::unique_fd wake;
  mdns::unique_fd udp;
  mdns::unique_fd listener;
  std::function<void(arrivals)> deliver;
  std::atomic<time_point::rep> deadline{time_point::max().time_since_epoch().count()};
  std::atomic<int> batches{0};
  std::atomic<bool> stopped{false};

  std::mutex mutex;
  // Guarded by `mutex`.
  std::vector<stream_order> orders;
  std::vector<name_answer> answers;
  std::deque<std::pair<size_t, std::string>> names;
  bool resolving = false;

  void notify();
  void resolve_all();
};

/// Lives on the transport's thread.
class socket_loop {
public:
  explicit socket_loop(transport::shared& state) : shared_(state) {
    // nop
  }

  /// Returns when `stopped`.
  void run();

private:
  struct stream {
    mdns::unique_fd fd;
    std::string unsent;
    size_t sent = 0;
    bool connecting = false;
    bool last = false;
    /// The owner ends streams sooner; this is a second line of defence.
    time_point deadline;
  };

  using streams = std::map<stream_id, stream>;

  int timeout() const;
  void obey(arrivals& news);
  void open(stream_order& x, arrivals& news);
  void receive(arrivals& news);
  void accept_all(arrivals& news);
  /// False if the stream is over.
  bool write(stream_id id, stream& x, arrivals& news);
  bool read(stream_id id, stream& x, arrivals& news);
  void serve(const std::vector<pollfd>& ready, const std::vector<stream_id>& ids,
             arrivals& news);
  void end_late();
  static void report(stream_id id, mica::error why, arrivals& news);

  transport::shared& shared_;
  streams streams_;
  stream_id last_accepted_ = 0;
  time_point accept_after_;
};

} // namespace mica::discovery::gossip
