// Go Micro's gossip updates and states: what is read can be written and read again, and
// a catalog that hears one keeps its bounds.

#include "gossip/catalog.hpp"

#include "invariant.hpp"

using namespace mica::discovery::gossip;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (auto x = parse_update(bytes)) {
    auto again = parse_update(write(*x));
    mica::fuzz::require(again && *again == *x, "stable after one round");
  }
  moment at{std::chrono::steady_clock::time_point{std::chrono::hours{1}},
            std::chrono::nanoseconds{1'700'000'000'000'000'000}};
  gossip_limits limits;
  limits.services = 2;
  limits.nodes_per_service = 2;
  limits.tombstones = 2;
  catalog heard{"me", limits};
  catalog_outcome out;
  mica::discovery::service_record own{
      "own", "1", {}, {}, {{"own-1", "10.0.0.1:1", {}}}};
  mica::fuzz::require(heard.put(own, {}, at, out).has_value(), "registered");
  for (auto i = 0; i < 2; ++i) {
    heard.receive(bytes, at, out);
    heard.merge(bytes, at, out);
  }
  for (auto& x : heard.list())
    mica::fuzz::require(!x.name.empty() && !x.nodes.empty() && x.nodes.size() <= 2,
                        "records are whole and bounded");
  mica::fuzz::require(!heard.current("own").versions.empty(), "own ones stay");
  catalog other{"other", limits};
  other.merge(heard.state(at), at, out);
  mica::fuzz::require(other.counters().broken == 0, "a state that is sent can be read");
  at.now += std::chrono::hours{48};
  other.tick(at, out);
  mica::fuzz::require(other.list().empty(), "leases end");
  return 0;
}
