// Which connection carries which exchange.

#pragma once

#include "io/client_connection.hpp"
#include "io/exchange.hpp"
#include "io/resolver.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/pool.hpp"

#include <caf/actor_system.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mica::net {

/// The books of a pool. Lives on the I/O lane; calls its connections and is called
/// by them directly.
class pool_core : public connection_owner,
                  public std::enable_shared_from_this<pool_core> {
public:
  pool_core(caf::actor_system& system, pool_options options);

  /// Asks for a call of `sweep` at `when`.
  std::function<void(time_point when, time_point now)> on_sweep_wanted;

  /// Called once `drain` was and the last connection has ended.
  std::function<void()> on_drained;

  void use_resolver(std::unique_ptr<resolver> names);

  void begin(const std::string& address, exchange&& what, time_point now);

  /// Answers a lookup that was asked for.
  void resolved(const std::string& host, name_cache::answer found, time_point now);

  /// Ends what is due. @param planned as it was asked for.
  void sweep(time_point planned, time_point now);

  void drain();

  /// Fails everything at once.
  void shut_down();

  void on_idle(client_connection& which) override;
  void on_ended(client_connection& which) override;

private:
  struct destination {
    std::string name;
    host_port address;
    /// Most recently used last.
    std::vector<client_connection*> idle;
    std::deque<exchange> waiting;
    size_t open = 0;
    bool numeric = false;
    bool resolving = false;
  };

  destination* find(const std::string& address, error& why);
  bool use_idle(destination& where, exchange& what, time_point now);
  void serve_waiting(destination& where, time_point now);
  void connect(destination& where, std::vector<std::string> addresses, time_point now);
  void fail_waiting(destination& where, const error& why);
  void forget_if_unused(destination& where);
  void arm(time_point when, time_point now);

  caf::actor_system& system_;
  pool_limits limits_;
  http_limits http_;
  std::shared_ptr<socket_layer> sockets_;
  std::unique_ptr<resolver> resolver_;
  name_cache names_;
  std::unordered_map<std::string, std::unique_ptr<destination>> destinations_;
  /// The one used last: calls come in bursts to one address.
  destination* recent_ = nullptr;
  client_connection* first_ = nullptr;
  time_point armed_ = time_point::max();
  time_point swept_{};
  bool draining_ = false;
};

} // namespace mica::net
