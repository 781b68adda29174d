// The parts behind mica::service.

#pragma once

#include "broker/broker_side.hpp"
#include "broker/subscriptions.hpp"
#include "client/client_side.hpp"
#include "debug/log_ring.hpp"
#include "health/health_board.hpp"
#include "mica/actors/service.hpp"
#include "mica/actors/wrapper_metrics.hpp"
#include "mica/net/actors.hpp"
#include "runtime/registry_choice.hpp"
#include "runtime/runtime.hpp"
#include "runtime/server_lanes.hpp"
#include "runtime/settings.hpp"
#include "runtime/transport_choice.hpp"
#include "server/dispatcher.hpp"

#include <caf/typed_actor.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace mica::detail {

class admin_page;
class one_shot;

/// One handler as the user declared it.
struct declared_handler {
  handle_options options;
  handler_factory make;
};

/// Owns everything of a service. Thread-safe but for the declarations, which end
/// with the start.
class service_impl {
public:
  service_impl(std::string name, service_options options);
  ~service_impl();

  settings& config() noexcept {
    return settings_;
  }

  content_types& types() noexcept {
    return env_->types;
  }

  /// Those of plugins and of the options; again when the flags have been read.
  void add_codecs();

  void add_handler(declared_handler what) {
    declared_.push_back(std::move(what));
  }

  void add_subscriber(declared_subscriber what) {
    subscribers_.push_back(std::move(what));
  }

  expected<void> start();
  void stop();

  /// From the start on, only who takes `what` is served: the program's handlers refuse
  /// other calls, its subscribers give other events back.
  void serve_once(std::shared_ptr<one_shot> what) {
    subscriptions_->serve_once(what);
    one_use_ = std::move(what);
  }

  /// Null unless `serve_once` was called.
  const std::shared_ptr<one_shot>& one_use() const noexcept {
    return one_use_;
  }

  /// Not ready, deregister, unsubscribe: the first part of `stop`, which does not do it
  /// again.
  void withdraw_early();

  /// The client side; made with registry and pool on first use.
  expected<client_side*> client();

  /// The registry front; made on first use.
  expected<discovery::registry_actor> registry();

  /// The publishing side; the broker is made with the first event.
  broker_side& publishing();

  /// Connects the broker and begins the declared subscriptions, but does not serve and
  /// is not registered.
  expected<void> subscribe_only();

  /// Subscribes an actor, which it ends with; blocks nothing. `then` runs where `from`
  /// says.
  void subscribe_actor(declared_subscriber what, caf::actor user, const caller& from,
                       std::function<void(expected<void>)> then);

  /// Writes a warning to the log; any thread.
  void report(const std::string& line);

  /// The shell of the handler with this description; `errc::not_found` if there is
  /// none or the service does not run.
  expected<caf::actor> shell_of(const service_descriptor& which) const;

  std::string node_id() const;
  std::string address() const;
  /// Where `/metrics` is; empty if nowhere.
  std::string admin_address() const;
  const std::string& name() const noexcept {
    return settings_.name;
  }

  runtime& actors() noexcept {
    return runtime_;
  }

private:
  /// Made with the first line, when the flags have been read.
  spdlog::logger& log_of();
  void log(const std::string& line);

  /// Fails if files that the client will need can't be used.
  expected<void> check_client_tls() const;
  void set_ready(readiness now);
  stream_bounds stream_limits() const;

  /// @pre `mtx_` is held
  expected<const chosen_transport*> transport();
  /// Of the code or of a plugin; null for those of this build.
  discovery::selector_source selector() const;
  net::http_limits http_bounds() const;
  expected<void> start_server();
  expected<void> add_shells();
  expected<shell_ref> make_shell(const declared_handler& what, caf::actor_system& where,
                                 owner whose);
  std::vector<handler_wrapper> handler_wrappers(owner whose) const;
  std::vector<stream_wrapper> stream_wrappers() const;
  expected<void> choose_metrics();
  expected<void> start_admin();
  void stop_admin();
  expected<void> add_shell(const declared_handler& what, owner whose);
  expected<void> add_built_in();
  expected<void> listen();
  expected<broker::broker_ref> make_broker();
  expected<void> begin_subscriptions(const broker::broker_ref& at);
  expected<void> start_events();
  void make_event_sides();
  void stop_subscribers();
  void close_broker();
  expected<void> enlist();
  void withdraw();
  void stop_client();
  expected<void> ensure_registry();
  discovery::service_record record() const;

  settings settings_;
  service_options options_;
  std::shared_ptr<log_ring> log_lines_ = std::make_shared<log_ring>();
  std::once_flag log_once_;
  std::shared_ptr<spdlog::logger> log_;
  std::vector<declared_handler> declared_;
  std::vector<declared_subscriber> subscribers_;
  std::shared_ptr<server_environment> env_;
  std::shared_ptr<health_board> board_ = std::make_shared<health_board>();
  /// Null: nothing is counted.
  std::shared_ptr<mica::metrics> metrics_;
  std::shared_ptr<one_shot> one_use_;

  mutable std::mutex mtx_;
  bool started_ = false;
  std::atomic<bool> stopped_{false};
  bool enlisted_ = false;
  std::string bound_;
  std::string advertised_;
  /// Ends after the actors below: declared before them.
  runtime runtime_;
  /// Of its own: brokers ask for the registry while the service starts.
  std::mutex registry_mtx_;
  chosen_registry registry_;
  /// Set by the first user of either half.
  std::optional<chosen_transport> transport_;
  net::pool_actor pool_;
  net::listener_actor admin_;
  std::shared_ptr<admin_page> admin_page_;
  std::string admin_bound_;
  caf::actor client_actor_;
  std::unique_ptr<client_side> client_;
  /// The same once it is made, past the lock: a stop holds that while handlers finish.
  std::atomic<client_side*> ready_client_{nullptr};
  std::once_flag introduced_;
  std::string broker_name_;
  std::shared_ptr<broker_side> publishing_;
  std::shared_ptr<subscriptions> subscriptions_;
  /// Last: it waits for the actors of all lanes.
  server_lanes lanes_;
};

} // namespace mica::detail
