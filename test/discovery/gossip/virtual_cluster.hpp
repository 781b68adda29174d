// Many members in one process, on a virtual network in virtual time.

#pragma once

#include "gossip/core.hpp"

#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace mica::test {

namespace gossip = discovery::gossip;

struct cluster_options {
  size_t size = 3;
  uint32_t seed = 1;
  /// Share of datagrams that are lost.
  double loss = 0;
  /// One way, for everything; up to half of it more or less, by chance.
  std::chrono::microseconds delay{1'000};
  /// Settings for all; name, address and seed are filled in.
  gossip::swim_options swim;
  /// The second and later members join the first; else nobody joins.
  bool join = true;
  /// Between the starts of two members.
  std::chrono::milliseconds stagger{10};
};

/// What a member noticed.
struct noticed {
  std::chrono::milliseconds at{0};
  size_t observer = 0;
  gossip::member_event event;
};

/// Deterministic: the same options give the same run.
class virtual_cluster {
public:
  explicit virtual_cluster(cluster_options options);

  /// Lets time pass.
  void run(std::chrono::milliseconds time);

  /// Lets time pass until `holds()`, looked at every 10 ms; false if it does not within
  /// `limit`.
  bool run_until(const std::function<bool()>& holds, std::chrono::milliseconds limit);

  /// Ends a member without a word.
  void kill(size_t i);
  /// Ends a member that says goodbye.
  void stop(size_t i);
  /// Starts a killed or stopped member anew, under a new name.
  void restart(size_t i);

  /// Who can talk to whom; everybody unless set.
  std::function<bool(size_t from, size_t to)> reachable;

  /// False: nobody can open streams any more, as behind a filter.
  bool streams = true;

  /// Sees every datagram; for tests that record and replay.
  std::function<void(size_t from, size_t to, const std::string& bytes)> tap;

  /// Delivers a datagram to a member as if from an address.
  void inject(size_t to, const std::string& bytes, const std::string& from);

  expected<void> add(size_t i, const discovery::service_record& record,
                     std::chrono::nanoseconds ttl);
  void remove(size_t i, const discovery::service_record& record);
  discovery::snapshot look_up(size_t i, const std::string& service) const;

  gossip::core& at(size_t i) {
    return *hosts_[i].core;
  }

  const gossip::core& at(size_t i) const {
    return *hosts_[i].core;
  }

  std::string name(size_t i) const {
    return hosts_[i].name;
  }

  bool up(size_t i) const {
    return hosts_[i].core != nullptr;
  }

  size_t size() const {
    return hosts_.size();
  }

  std::chrono::milliseconds now() const;
  gossip::moment moment() const;

  /// True if all were started, and every running member sees exactly the running ones.
  bool complete() const;

  std::vector<noticed> log;
  /// Datagrams sent, and their bytes.
  uint64_t datagrams = 0;
  uint64_t bytes = 0;
  /// Moves the wall clocks of all members.
  std::chrono::nanoseconds wall_shift{0};

private:
  using time_point = gossip::time_point;

  struct host {
    std::unique_ptr<gossip::core> core;
    std::string name;
    gossip::host_port address;
    time_point tick = time_point::max();
    /// Counts lives: what was sent to an earlier one does not arrive.
    int life = 0;
  };

  struct happening {
    time_point when;
    uint64_t order = 0;
    std::function<void()> what;

    bool operator<(const happening& other) const {
      return std::tie(other.when, other.order) < std::tie(when, order);
    }
  };

  /// One end of a stream.
  struct stream_end {
    size_t host = 0;
    gossip::stream_id id = 0;

    bool operator<(const stream_end& other) const {
      return std::tie(host, id) < std::tie(other.host, other.id);
    }
  };

  void start(size_t i);
  void at_time(time_point when, std::function<void()> what);
  void carry_out(size_t i, gossip::outcome& out);
  void send(size_t from, const gossip::packet& x);
  void obey(size_t i, gossip::stream_order& x);
  void deliver(stream_end to, std::string data);
  void end(stream_end to, mica::error why);
  void tick(size_t i);
  bool talks(size_t from, size_t to) const;
  std::chrono::microseconds some_delay();
  std::optional<size_t> host_at(const gossip::host_port& x) const;

  cluster_options options_;
  std::mt19937 random_;
  time_point start_;
  time_point now_;
  std::vector<host> hosts_;
  std::priority_queue<happening> queue_;
  uint64_t order_ = 0;
  std::map<stream_end, stream_end> peers_;
  gossip::stream_id accepted_ = 0;
};

} // namespace mica::test
