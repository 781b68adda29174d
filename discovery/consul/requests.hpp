// What we ask of a Consul agent: the calls of its HTTP API, as Go Micro's consul
// registry makes them (docs/wire/consul.md).

#pragma once

#include "http/addresses.hpp"
#include "http/agent_client.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mica::discovery::consul {

/// Writes a duration as Go's `time.Duration` does: `1m0s`, `1.5s`, `100ms`, `0s`.
std::string go_duration(std::chrono::nanoseconds x);

/// Registers one node of a service with the agent. `ttl` above zero adds a TTL check,
/// which starts critical: `pass_request` has to follow. An agent forgets a node whose
/// check has been critical for `ttl` + 5 s, at least 1 m 5 s (Consul's own floor is a
/// minute). Fails with `errc::invalid_argument` if the address has no valid port.
expected<api_request> register_request(const service_record& service, const node& x,
                                       std::chrono::nanoseconds ttl);

/// Says that a node lives.
api_request pass_request(std::string_view node_id);

api_request deregister_request(std::string_view node_id);

/// The nodes of a service with their checks, from whichever server answers first
/// (`stale`, as Go Micro asks for).
api_request lookup_request(std::string_view service);

/// The same, answered when the state differs from that of `index` or after `wait`
/// (plus up to a sixteenth of it). Index 0 is answered at once.
api_request watch_request(std::string_view service, uint64_t index,
                          std::chrono::milliseconds wait);

/// The names of all services with the union of their tags.
api_request list_request();

/// The same in another datacenter; empty: the agent's own.
api_request in_datacenter(api_request x, std::string_view datacenter);

} // namespace mica::discovery::consul
