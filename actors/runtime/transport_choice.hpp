// What carries a service's calls.

#pragma once

#include "mica/actors/sources.hpp"
#include "runtime/settings.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// Names of the transports of this build; the first is the default.
const std::vector<std::string_view>& known_transports();

/// The two halves of what carries calls, and what follows from them.
struct chosen_transport {
  /// What the node announces as `transport`.
  std::string name;
  net::listen_function listen;
  net::pool_function pool;
  /// Of the client's half.
  net::carriage calls = net::carriage::bytes;
  /// Of the server's half.
  net::carriage serves = net::carriage::bytes;
  /// What the node announces as `protocol`; empty leaves it to the settings.
  std::string protocol;
  net::transport_environment env;
};

/// Puts together what the code and the settings say: the code goes first, and a client
/// or server of one's own before the transport. Fails with `errc::not_found` (a name),
/// `errc::invalid_argument` (gRPC or TLS where only messages travel).
expected<chosen_transport> choose_transport(const service_options& code,
                                            const settings& from);

} // namespace mica::detail
