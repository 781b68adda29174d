// What a registry can do: Go Micro's layouts differ in it.

#pragma once

#include <chrono>

namespace mica::discovery {

/// What an implementation declares of itself, beside its factory, e.g.
/// `consul_capabilities`. The contract suite tests both that it can do what it declares
/// and what becomes of the rest.
struct registry_capabilities {
  /// Does a node vanish that is not renewed? Without: it stays until it is
  /// deregistered, whatever its `ttl`, so a killed process leaves its node behind.
  bool leases = true;
  /// The shortest lease that it honours; shorter ones are rounded up to it.
  std::chrono::nanoseconds shortest_lease = std::chrono::seconds{1};
  /// Does the metadata of a service travel? Without: that of its nodes does, the
  /// service's own is lost.
  bool service_metadata = true;
  /// May any text name a service? Without: letters, digits, `.`, `-` and `_`; other
  /// names are refused with `errc::invalid_argument`.
  bool any_service_name = true;
  /// Do two registries that name the same place see the same, from different processes
  /// too? Without: each is a world of its own.
  bool shared = true;
};

} // namespace mica::discovery
