#include "runtime/registry_choice.hpp"

#include "mica/actors/registries.hpp"
#include "mica/discovery/etcd.hpp"
#include "mica/discovery/registries.hpp"
#include "mica/discovery/static_nodes.hpp"
#include "mica/discovery/zookeeper.hpp"
#include "mica/net/caf_error.hpp"
#include "plugin/extensions.hpp"

#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

namespace mica::detail {

namespace {

// An agent of this machine answers in a few; its absence must not delay a start.
constexpr auto consul_probe_time = std::chrono::milliseconds{200};

discovery::consul_options consul_options_of(const settings& from) {
  discovery::consul_options result;
  result.addresses = from.registry_addresses;
  result.datacenter = from.consul_datacenter;
  return result;
}

expected<chosen_registry> use_mdns(caf::actor_system& system, const settings& from) {
  discovery::mdns_options options;
  options.interfaces = from.mdns_interfaces;
  auto backend = discovery::spawn_mdns_registry(system, std::move(options));
  if (!backend)
    return from_caf(backend.error());
  return with_front(system, std::move(*backend), "mdns", from);
}

expected<chosen_registry> use_gossip(caf::actor_system& system, const settings& from,
                                     report_function report, report_function notice) {
  discovery::gossip_options options;
  if (!from.gossip_address.empty())
    options.address = from.gossip_address;
  options.advertise = from.gossip_advertise;
  options.addresses = from.registry_addresses;
  options.keys = from.gossip_keys;
  options.report = std::move(report);
  options.notice = std::move(notice);
  auto backend = discovery::spawn_gossip_registry(system, std::move(options));
  if (!backend)
    return from_caf(backend.error());
  return with_front(system, std::move(*backend), "gossip", from);
}

expected<chosen_registry> use_static(caf::actor_system& system, const settings& from,
                                     report_function report) {
  discovery::static_options options;
  options.nodes = from.registry_addresses;
  options.file = from.static_file;
  options.report = std::move(report);
  auto backend = discovery::spawn_static_registry(system, std::move(options));
  if (!backend)
    return from_caf(backend.error());
  return with_front(system, std::move(*backend), "static", from);
}

chosen_registry use_consul(caf::actor_system& system, const settings& from,
                           report_function report) {
  auto options = consul_options_of(from);
  options.report = std::move(report);
  return with_front(system,
                    discovery::spawn_consul_registry(system, std::move(options)),
                    "consul", from);
}

chosen_registry use_etcd(caf::actor_system& system, const settings& from,
                         report_function report) {
  discovery::etcd_options options;
  options.addresses = from.registry_addresses;
  options.report = std::move(report);
  return with_front(system, discovery::spawn_etcd_registry(system, std::move(options)),
                    "etcd", from);
}

#ifdef MICA_WITH_ZOOKEEPER
chosen_registry use_zookeeper(caf::actor_system& system, const settings& from,
                              report_function report) {
  discovery::zookeeper_options options;
  options.addresses = from.registry_addresses;
  options.report = std::move(report);
  return with_front(system,
                    discovery::spawn_zookeeper_registry(system, std::move(options)),
                    "zookeeper", from);
}
#endif

} // namespace

chosen_registry with_front(caf::actor_system& system, discovery::registry_actor backend,
                           std::string name, const settings& from) {
  discovery::registry_options options;
  options.register_interval = from.register_interval;
  chosen_registry result;
  result.front = discovery::spawn_registry(system, backend, options);
  result.backend = std::move(backend);
  result.name = std::move(name);
  return result;
}

expected<chosen_registry> use_source(caf::actor_system& system,
                                     const registry_source& source,
                                     const settings& from, report_function report) {
  auto backend = source.make(system, {from.registry_addresses, std::move(report)});
  if (!backend)
    return std::move(backend.error());
  auto result = with_front(system, std::move(*backend), source.name(), from);
  result.owned = source.owned();
  return result;
}

expected<chosen_registry> choose_registry(caf::actor_system& system,
                                          const settings& from, report_function report,
                                          report_function notice) {
  if (from.extensions)
    if (auto found = from.extensions->registries.find(from.registry))
      return use_source(system, *found, from, std::move(report));
  if (from.registry == "memory")
    return with_front(system, discovery::spawn_memory_registry(system), "memory", from);
  if (from.registry == "consul")
    return use_consul(system, from, std::move(report));
  if (from.registry == "etcd" || from.registry == "etcdv3")
    return use_etcd(system, from, std::move(report));
  if (from.registry == "gossip")
    return use_gossip(system, from, std::move(report), std::move(notice));
  if (from.registry == "static")
    return use_static(system, from, std::move(report));
  if (from.registry == "mdns")
    return use_mdns(system, from);
#ifdef MICA_WITH_ZOOKEEPER
  if (from.registry == "zookeeper")
    return use_zookeeper(system, from, std::move(report));
#endif
  if (discovery::consul_answers(consul_options_of(from), consul_probe_time)) {
    auto result = use_consul(system, from, std::move(report));
    result.reason = "an agent answers";
    return result;
  }
  auto result = use_mdns(system, from);
  if (result)
    result->reason = "no Consul agent answers";
  return result;
}

} // namespace mica::detail

namespace mica {

namespace {

// What flags and environment say goes before what the code says.
template <class Options>
Options merged(Options options, const registry_environment& env) {
  if (!env.addresses.empty())
    options.addresses = env.addresses;
  if (!options.report)
    options.report = env.report;
  return options;
}

expected<discovery::registry_actor>
of_caf(caf::expected<discovery::registry_actor> made) {
  if (!made)
    return from_caf(made.error());
  return std::move(*made);
}

} // namespace

registry_source memory_registry() {
  return {"memory", [](caf::actor_system& system) {
            return discovery::spawn_memory_registry(system);
          }};
}

registry_source mdns_registry(discovery::mdns_options options) {
  return {"mdns", [=](caf::actor_system& system) {
            return of_caf(discovery::spawn_mdns_registry(system, options));
          }};
}

registry_source consul_registry(discovery::consul_options options) {
  return {"consul", [=](caf::actor_system& system, const registry_environment& env) {
            return discovery::spawn_consul_registry(system, merged(options, env));
          }};
}

registry_source gossip_registry(discovery::gossip_options options) {
  return {"gossip", [=](caf::actor_system& system, const registry_environment& env) {
            return of_caf(
                discovery::spawn_gossip_registry(system, merged(options, env)));
          }};
}

registry_source etcd_registry(discovery::etcd_options options) {
  return {"etcd", [=](caf::actor_system& system, const registry_environment& env) {
            return discovery::spawn_etcd_registry(system, merged(options, env));
          }};
}

registry_source static_registry(discovery::static_options options) {
  return {"static", [=](caf::actor_system& system) {
            return of_caf(discovery::spawn_static_registry(system, options));
          }};
}

} // namespace mica
