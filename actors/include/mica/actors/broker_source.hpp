// A broker for a service: one that ships with mica, or one's own. Needs CAF;
// mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/broker.hpp"
#include "mica/actors/service.hpp"
#include "mica/discovery/actors.hpp"
#include "mica/net/tls.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mica {

/// What a service tells its broker.
struct broker_environment {
  /// `--broker_address` (MICRO_BROKER_ADDRESS), split at commas; empty: the broker's
  /// usual one.
  std::vector<std::string> addresses = {};
  /// The service's name and node id (`greeter-<uuid>`), for client names.
  std::string service = {};
  std::string node_id = {};
  /// The registry's front; only `http` asks for it. Made on the first call.
  std::function<expected<discovery::registry_actor>()> registry = {};
  /// Server and client side of TLS, for brokers that speak it.
  net::tls_server_options server_tls = {};
  net::tls_client_options client_tls = {};
  /// `--client_secure`: TLS to whatever is dialled. Servers of a broker are also spoken
  /// to by TLS if there is `server_tls`; of other subscribers, `http` else believes
  /// what they announce.
  bool secure = false;
  /// Gets one line for the log; called on any thread, must not block.
  std::function<void(const std::string& line)> report = {};
};

/// Makes the broker of a service; called once, when it starts or publishes first.
class broker_source {
public:
  using factory = std::function<expected<broker::broker_ref>(
      caf::actor_system&, const broker_environment&)>;

  broker_source(std::string name, factory make)
    : name_(std::move(name)),
      make_(std::move(make)) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  expected<broker::broker_ref> make(caf::actor_system& system,
                                    const broker_environment& env) const {
    return make_(system, env);
  }

private:
  std::string name_;
  factory make_;
};

inline void apply_option(service_options& to, broker_source x) {
  to.broker = std::make_shared<const broker_source>(std::move(x));
}

} // namespace mica
