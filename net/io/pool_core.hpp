// Which connection carries which call.

#pragma once

#include "io/client_connection.hpp"
#include "io/destination.hpp"
#include "io/lane_inbox.hpp"
#include "io/pool_call.hpp"
#include "io/resolver.hpp"

#include "mica/net/pool.hpp"

#include <caf/actor_system.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::net {

/// The books of a pool. Lives on the I/O lane; calls its connections and is called
/// by them directly.
class pool_core : public pool,
                  public connection_owner,
                  public std::enable_shared_from_this<pool_core> {
public:
  pool_core(caf::actor_system& system, pool_options options);

  /// What its actor does for it. Until it is there, deadlines and names wait.
  struct helpers {
    /// Asks for a call of `sweep` at `when`.
    std::function<void(time_point when, time_point now)> on_sweep_wanted;
    /// Called once `drain` was and the last connection has ended.
    std::function<void()> on_drained;
    std::unique_ptr<resolver> names;
  };
  void use(helpers what);

  uint64_t exchange(const target& to, http_request&& request, time_point deadline,
                    done then) override;
  uint64_t open(const target& to, http_request&& head, time_point deadline,
                std::unique_ptr<response_receiver> receiver) override;
  void cancel(uint64_t number) override;

  /// Answers a lookup that was asked for.
  void resolved(const std::string& host, name_cache::answer found);

  /// Ends what is due. @param planned as it was asked for.
  void sweep(time_point planned, time_point now);

  void drain();

  /// Fails everything at once.
  void shut_down();

  void on_ready(client_connection& which) override;
  void on_failed(client_connection& which, const error& why) override;
  void on_ended(client_connection& which) override;
  void on_due(time_point when) override;

private:
  using address_list = std::vector<std::string>;

  time_point now() const;
  void begin(const target& to, call_ref what);
  void refuse(call_ref what, error why);
  destination* find(const target& to, bool streams, error& why);
  client_connection* choose(destination& where, time_point now);
  client_connection* choose_idle(destination& where, time_point now);
  void serve_waiting(destination& where, time_point now);
  static bool has_hope(const destination& where);
  void on_useless(destination& where);
  bool may_dial(const destination& where) const;
  /// Null while the name is being resolved, or if there is none: the calls failed.
  std::unique_ptr<address_list> addresses_of(destination& where, time_point now);
  void dial(destination& where, address_list addresses, time_point now);
  expected<tls::session> secure(const destination& where, time_point now);
  void look_at_certificates(time_point now);
  void fail_waiting(destination& where, const error& why);
  void forget_if_unused(destination& where);
  void forget_unused();
  void arm(time_point when, time_point now);
  void time_out(uint64_t number);

  caf::actor_system& system_;
  pool_options options_;
  std::shared_ptr<lane_inbox> inbox_;
  helpers helpers_;
  name_cache names_;
  /// Made for the first secure target.
  std::shared_ptr<tls::client_context> tls_;
  /// When its files are looked at again.
  time_point certificates_due_{};
  call_book book_;
  /// The call that is being given a place.
  call_list arriving_;
  std::unordered_map<destination_key, std::unique_ptr<destination>, destination_hash>
      destinations_;
  /// The one used last: calls come in bursts to one address.
  destination* recent_ = nullptr;
  client_connection* first_ = nullptr;
  time_point armed_ = time_point::max();
  time_point swept_{};
  bool draining_ = false;
};

} // namespace mica::net
