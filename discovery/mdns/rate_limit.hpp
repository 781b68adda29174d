// Token buckets: how much a source may ask for.

#pragma once

#include "mdns/packet.hpp"

#include <list>
#include <map>

namespace mica::discovery::mdns {

/// Allows `rate` events in a second and as many at once. Time is an argument.
class token_bucket {
public:
  token_bucket(uint32_t rate, time_point now) : tokens_(rate), last_(now) {
    // nop
  }

  /// Takes a token; false if there is none.
  bool take(uint32_t rate, time_point now);

private:
  double tokens_;
  time_point last_;
};

/// One bucket per source address. Remembers `max_sources` addresses, the most recent
/// ones; one that was forgotten starts over with a full bucket.
class source_limiter {
public:
  static constexpr size_t max_sources = 256;

  /// @param rate events per source and second.
  explicit source_limiter(uint32_t rate) : rate_(rate) {
    // nop
  }

  bool take(const ip_address& source, time_point now);

private:
  struct entry {
    ip_address source;
    token_bucket bucket;
  };

  uint32_t rate_;
  // Most recently used first.
  std::list<entry> entries_;
  std::map<ip_address, std::list<entry>::iterator> index_;
};

} // namespace mica::discovery::mdns
