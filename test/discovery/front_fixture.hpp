// A front before a scripted registry.

#pragma once

#include "contract/registry_worlds.hpp"
#include "discovery/scripted_registry.hpp"

#include "mica/discovery/registries.hpp"

#include <chrono>

namespace mica::test {

using namespace std::chrono_literals;

inline discovery::service_record one_node(const std::string& service,
                                          const std::string& id = "n1") {
  return {service, "1", {}, {}, {{id, "127.0.0.1:80", {{"protocol", "mucp"}}}}};
}

inline error unreachable() {
  return {errc::unavailable, "connection refused by 127.0.0.1:8500"};
}

struct front_fixture : virtual_registry_world {
  front_fixture() : front_fixture(discovery::registry_options{}) {
    // nop
  }

  explicit front_fixture(discovery::registry_options options)
    : virtual_registry_world({.name = "scripted"}),
      backend(system()) {
    use(discovery::spawn_registry(system(), backend.handle(), options));
    also_end(backend.handle());
    deliver();
  }

  errc failure(const std::string& service) {
    auto found = look_up(service);
    return found ? errc::none : found.error().reason;
  }

  /// Ids that a lookup returns.
  std::vector<std::string> ids(const std::string& service) {
    std::vector<std::string> result;
    if (auto found = look_up(service))
      for (const auto& version : found->versions)
        for (const auto& x : version.nodes)
          result.push_back(x.id);
    return result;
  }

  /// How stale a lookup says that it is; nothing: it is not.
  std::optional<std::chrono::nanoseconds> stale(const std::string& service) {
    auto found = look_up(service);
    return found ? found->stale_for : std::nullopt;
  }

  void change(const std::string& service,
              std::vector<discovery::service_record> versions) {
    backend.change(service, std::move(versions));
    deliver();
  }

  void go_away() {
    backend.fail_with(unreachable());
  }

  void come_back() {
    backend.fail_with(std::nullopt);
  }

  scripted_registry backend;
};

} // namespace mica::test
