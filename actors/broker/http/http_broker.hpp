// The broker `http` as an actor.

#pragma once

#include "broker/http/distributor.hpp"
#include "broker/http/receiver.hpp"

#include "mica/actors/broker.hpp"
#include "mica/actors/broker_source.hpp"
#include "mica/actors/http_broker.hpp"
#include "mica/discovery/actors.hpp"
#include "mica/net/lane.hpp"
#include "mica/net/listener.hpp"
#include "mica/net/pool.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mica::broker::http {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using flush_atom = caf::atom_constant<caf::atom("flush")>;

/// What it tells itself, besides its interface.
using http_broker_actor =
    broker_actor::extend<caf::reacts_to<wake_atom>, caf::reacts_to<tick_atom>,
                         caf::reacts_to<flush_atom>,
                         caf::reacts_to<discovery::snapshot>>;

/// Joins listener, pool and registry. Lives on the I/O lane, where its two halves are
/// called by listener and pool without a message.
class http_broker : public net::in_io_thread<http_broker_actor::base> {
public:
  http_broker(caf::actor_config& cfg, http_broker_options options,
              broker_environment env, discovery::registry_actor registry,
              std::shared_ptr<post_office> office);

  const char* name() const override {
    return "http-broker";
  }

  void on_exit() override;

  http_broker_actor::behavior_type make_behavior() override;

private:
  using ok_promise = caf::typed_response_promise<caf::ok_atom>;
  using subscribe_promise = caf::typed_response_promise<subscription_ptr>;

  enum class phase { closed, opening, open, closing };

  caf::result<caf::ok_atom> connect();
  void listening(const std::string& bound);
  void not_listening(const error& why);
  caf::result<caf::ok_atom> disconnect();
  void flush();
  void closed();

  caf::result<subscription_ptr> subscribe(subscribe_request& what);
  void register_next(uint64_t number, size_t index, subscribe_promise promise);
  caf::result<caf::ok_atom> unsubscribe(const subscription_ptr& what);
  /// Ends a subscription; `then` when the registry has forgotten it, or can't be asked.
  void end(uint64_t number, bool abandon, std::function<void()> then);
  void sink_ended(const caf::actor_addr& who);

  void look_at_post();
  void tell_lost();
  void report(const std::string& line) const;

  const http_broker_options options_;
  const broker_environment env_;
  discovery::registry_actor registry_;
  const std::shared_ptr<post_office> office_;
  const std::shared_ptr<distributor> distributor_;
  const std::shared_ptr<receiver> receiver_;

  phase phase_ = phase::closed;
  std::vector<ok_promise> connecting_;
  std::vector<ok_promise> disconnecting_;
  net::listener_actor listener_;
  net::pool_ref pool_;
  std::string bound_;
  std::string advertised_;

  uint64_t last_subscription_ = 0;
  /// Answers of the registry that a disconnect waits for.
  size_t deregistering_ = 0;
  net::time_point flush_until_{};

  size_t lost_ = 0;
  std::string why_lost_;
  net::time_point told_lost_{};
};

} // namespace mica::broker::http
