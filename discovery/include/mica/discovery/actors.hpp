// The actor interfaces of the discovery module: every message and every reply.

#pragma once

#include "mica/discovery/records.hpp"

#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/timespan.hpp>

#include <string>
#include <vector>

namespace mica::discovery {

using register_atom = caf::atom_constant<caf::atom("register")>;
using deregister_atom = caf::atom_constant<caf::atom("deregister")>;
using lookup_atom = caf::atom_constant<caf::atom("lookup")>;
using list_atom = caf::atom_constant<caf::atom("list")>;
using watch_atom = caf::atom_constant<caf::atom("watch")>;
using name_atom = caf::atom_constant<caf::atom("name")>;

/// The WATCHER actor interface: learns about changes to services.
using watcher_actor = caf::typed_actor<caf::reacts_to<snapshot>>;

/// The REGISTRY actor interface: who offers which service, right now.
///
/// Implementations: memory, static, mdns, consul, etcd, zookeeper, gossip. All pass
/// test/contract/ registry_contract.hpp. Errors are `mica::error` in a `caf::error`
/// (mica/net/caf_error.hpp).
using registry_actor = caf::typed_actor<
    // Adds or renews the nodes of `record` for the lease time `ttl`; zero means
    // until deregistered. A node that ran another version leaves it. Renewing the same
    // content is cheap. Replies when others can find it. Fails with
    // `errc::invalid_argument` (no name, no node, a node without id or address, an id
    // twice, a negative ttl) or `errc::unavailable` (the registry is away).
    caf::replies_to<register_atom, service_record, caf::timespan>::with<caf::ok_atom>,
    // Removes the nodes of `record` by id. Also succeeds for unknown ones.
    caf::replies_to<deregister_atom, service_record>::with<caf::ok_atom>,
    // The live nodes of a service, at least one.
    // Fails with `errc::service_not_found` or `errc::unavailable`.
    caf::replies_to<lookup_atom, std::string>::with<snapshot>,
    // Every service by name and version; nodes may be left out.
    caf::replies_to<list_atom>::with<std::vector<service_record>>,
    // Sends the current snapshot of the service to the watcher (an empty one if there
    // is none), then another one after every change. When the registry goes away: what
    // was known, with `stale_for` set; when it is back, the truth without. Ends when
    // the watcher does.
    caf::reacts_to<watch_atom, std::string, watcher_actor>,
    // Go Micro's name of the registry: `memory`, `mdns`, `consul`, `gossip`; `static`.
    caf::replies_to<name_atom>::with<std::string>>;

} // namespace mica::discovery
