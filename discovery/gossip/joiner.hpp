// Reaching the seeds: the members that are known before any are.

#pragma once

#include "gossip/member_table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mica::discovery::gossip {

/// Decides when which seed is to be asked, again and again: a cluster that broke apart
/// grows together over its seeds. Pure; not thread-safe.
class joiner {
public:
  struct attempt {
    size_t seed = 0;
    /// A name that has to be resolved first; empty if `to` is known.
    std::string name;
    host_port to;
  };

  /// @param seeds `host:port`, at most 256; a port is needed.
  /// Fails with `errc::invalid_argument`.
  static expected<joiner> make(const std::vector<std::string>& seeds, time_point now);

  /// Seeds to ask now, `most` at most; our own address excepted and those of living
  /// members.
  std::vector<attempt> tick(const member_table& members, const host_port& own,
                            size_t most, time_point now);

  /// The name of a seed has these addresses; none if it could not be resolved.
  void resolved(size_t seed, const std::vector<ip_address>& hosts,
                const std::string& why, time_point now);

  void succeeded(size_t seed, time_point now);
  void failed(size_t seed, const std::string& why, time_point now);

  std::optional<time_point> next() const;

  /// True until every seed was asked once or `join_patience` passed.
  bool busy(time_point now) const;

  /// When `busy` ends at the latest.
  time_point patience() const noexcept {
    return patience_;
  }

  bool empty() const noexcept {
    return seeds_.empty();
  }

  /// Why no seed could be reached; empty if one was, lately.
  std::string trouble() const;

private:
  struct known_seed {
    std::string text;
    std::string name;
    uint16_t port = 0;
    std::vector<host_port> addresses;
    size_t turn = 0;
    time_point next;
    milliseconds delay = join_first;
    bool asking = false;
    bool tried = false;
    std::string trouble;
  };

  std::vector<known_seed> seeds_;
  time_point patience_;
};

} // namespace mica::discovery::gossip
