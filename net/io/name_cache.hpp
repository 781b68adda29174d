// What names resolved to, for a while.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/actors.hpp"

#include <map>
#include <string>
#include <vector>

namespace mica::net {

/// Bounded; time is an argument. Pure.
class name_cache {
public:
  /// Numeric addresses in the resolver's order, or why there are none.
  using answer = expected<std::vector<std::string>>;

  static constexpr size_t max_names = 256;

  /// How long an answer is used; the resolver does not tell the record's own TTL.
  static constexpr auto positive_ttl = std::chrono::seconds{30};
  static constexpr auto negative_ttl = std::chrono::seconds{1};

  /// Returns null if the name is unknown or its answer too old.
  const answer* find(const std::string& name, time_point now) const;

  void add(const std::string& name, answer what, time_point now);

  size_t size() const noexcept {
    return entries_.size();
  }

private:
  struct entry {
    answer what;
    time_point until;
  };

  std::map<std::string, entry> entries_;
};

} // namespace mica::net
