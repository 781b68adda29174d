// Who is known, and in which order they are probed.

#pragma once

#include "gossip/messages.hpp"
#include "gossip/suspicion.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mica::discovery::gossip {

/// A member as we see it.
struct member {
  std::string name;
  /// 4 or 16 bytes as they came; peers compare them.
  std::string addr;
  uint16_t port = 0;
  std::string meta;
  versions vsn{};
  uint32_t incarnation = 0;
  member_state state = member_state::dead;
  /// When `state` became so.
  time_point changed;
  std::optional<suspicion> doubt;

  bool gone() const noexcept {
    return state == member_state::dead || state == member_state::left;
  }

  /// Where it is reached.
  host_port at() const;

  /// What an alive message of it says.
  alive to_alive() const;
};

/// Members by name and in random order. Pure; not thread-safe. Pointers stay good until
/// the member is removed.
class member_table {
public:
  explicit member_table(uint32_t seed) : random_(seed) {
    // nop
  }

  member* find(const std::string& name);
  const member* find(const std::string& name) const;

  /// Adds a member at a random place, so that failures are found evenly soon.
  member& add(std::string name);

  /// Up to `count` different members for which `fits` holds, by chance.
  std::vector<member*> pick(size_t count,
                            const std::function<bool(const member&)>& fits);

  /// The next member in probing order; nullptr at the end of a round.
  member* next();

  /// Starts a round: removes members gone since before `since` and shuffles the rest.
  void new_round(time_point since);

  size_t size() const noexcept {
    return order_.size();
  }

  const std::map<std::string, member>& all() const noexcept {
    return members_;
  }

  std::mt19937& random() noexcept {
    return random_;
  }

private:
  size_t below(size_t n);

  std::map<std::string, member> members_;
  std::vector<member*> order_;
  size_t next_ = 0;
  std::mt19937 random_;
};

} // namespace mica::discovery::gossip
