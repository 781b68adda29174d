// The registries that ship with mica, as parts of a service. Needs CAF.

#pragma once

#include "mica/actors/registry_source.hpp"
#include "mica/discovery/etcd.hpp"
#include "mica/discovery/registries.hpp"
#include "mica/discovery/static_nodes.hpp"

namespace mica {

/// Inside this service alone.
registry_source memory_registry();

registry_source mdns_registry(discovery::mdns_options options = {});

/// `--registry_address` goes before the options' addresses.
registry_source consul_registry(discovery::consul_options options = {});

/// `--registry_address` goes before the options' addresses.
registry_source gossip_registry(discovery::gossip_options options = {});

/// `--registry_address` goes before the options' addresses.
registry_source etcd_registry(discovery::etcd_options options = {});

registry_source static_registry(discovery::static_options options);

} // namespace mica
