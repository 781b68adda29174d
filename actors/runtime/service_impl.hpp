// The parts behind mica::service.

#pragma once

#include "client/client_side.hpp"
#include "debug/log_ring.hpp"
#include "health/health_board.hpp"
#include "mica/actors/service.hpp"
#include "mica/net/actors.hpp"
#include "runtime/registry_choice.hpp"
#include "runtime/runtime.hpp"
#include "runtime/server_lanes.hpp"
#include "runtime/settings.hpp"
#include "server/dispatcher.hpp"

#include <caf/typed_actor.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace spdlog {
class logger;
}

namespace mica::detail {

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

  void add_handler(declared_handler what) {
    declared_.push_back(std::move(what));
  }

  expected<void> start();
  void stop();

  /// The client side; made with registry and pool on first use.
  expected<client_side*> client();

  /// The registry front; made on first use.
  expected<discovery::registry_actor> registry();

  /// The shell of the handler with this description; `errc::not_found` if there is
  /// none or the service does not run.
  expected<caf::actor> shell_of(const service_descriptor& which) const;

  std::string node_id() const;
  std::string address() const;
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

  net::http_limits http_bounds() const;
  expected<void> start_server();
  expected<void> add_shells();
  expected<shell_ref> make_shell(const declared_handler& what,
                                 caf::actor_system& where);
  expected<void> add_shell(const declared_handler& what, owner whose);
  expected<void> add_built_in();
  expected<void> listen();
  expected<void> enlist();
  void withdraw();
  void stop_client();
  expected<void> ensure_registry();
  discovery::service_record record() const;

  settings settings_;
  service_options options_;
  std::shared_ptr<log_ring> log_lines_ = std::make_shared<log_ring>();
  std::shared_ptr<spdlog::logger> log_;
  std::vector<declared_handler> declared_;
  std::shared_ptr<server_environment> env_;
  std::shared_ptr<health_board> board_ = std::make_shared<health_board>();

  mutable std::mutex mtx_;
  bool started_ = false;
  bool stopped_ = false;
  bool enlisted_ = false;
  std::string bound_;
  std::string advertised_;
  /// Ends after the actors below: declared before them.
  runtime runtime_;
  chosen_registry registry_;
  bool owns_backend_ = true;
  net::pool_actor pool_;
  caf::actor client_actor_;
  std::unique_ptr<client_side> client_;
  /// Last: it waits for the actors of all lanes.
  server_lanes lanes_;
};

} // namespace mica::detail
