// Commands about the nodes of a service: how they are, and who is one.

#pragma once

#include <string>

namespace mica::detail {
class service_impl;
}

namespace mica::cli {

/// Asks `Debug.Health` of every node, or of the one at `address`, and prints one line
/// each, as Go Micro's tool. Fails if one of them is not `ok`.
int health(detail::service_impl& via, const std::string& name,
           const std::string& address);

/// The same with `Debug.Stats`.
int stats(detail::service_impl& via, const std::string& name,
          const std::string& address);

/// Writes a service, given as JSON, into the registry or takes it out.
int register_service(detail::service_impl& via, const std::string& json);
int deregister_service(detail::service_impl& via, const std::string& json);

} // namespace mica::cli
