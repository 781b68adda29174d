#include "runtime/service_impl.hpp"

#include "debug/debug_handler.hpp"
#include "health/health_handler.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/discovery/balancer.hpp"
#include "mica/net/addresses.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/listener.hpp"
#include "mica/net/pool.hpp"
#include "reflection/built_in_files.hpp"
#include "reflection/reflection_handler.hpp"
#include "runtime/admin_page.hpp"
#include "runtime/ask.hpp"
#include "runtime/log.hpp"
#include "runtime/uuid.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto exit_now = caf::exit_reason::user_shutdown;

} // namespace

service_impl::service_impl(std::string name, service_options options)
  : options_(std::move(options)),
    env_(std::make_shared<server_environment>()),
    lanes_(runtime_) {
  settings_.name = std::move(name);
  settings_.version = options_.version;
  settings_.metadata = options_.metadata;
  settings_.address = options_.address;
  settings_.lanes = options_.lanes;
  settings_.registry = options_.registry_name;
  settings_.admin_address = options_.admin_address;
  settings_.id = make_uuid();
  settings_.broker = options_.broker_name;
  if (!options_.selector_name.empty())
    settings_.selector = options_.selector_name;
  metrics_ = options_.metrics;
  env_->now = [this] { return runtime_.system().clock().now(); };
  add_codecs();
  make_event_sides();
}

service_impl::~service_impl() {
  stop();
}

spdlog::logger& service_impl::log_of() {
  std::call_once(log_once_, [this] {
    log_ = make_logger(settings_.name, settings_.log_level, log_lines_);
  });
  return *log_;
}

void service_impl::log(const std::string& line) {
  log_info(log_of(), line);
}

expected<void> service_impl::ensure_registry() {
  std::lock_guard guard{registry_mtx_};
  if (stopped_)
    return error{errc::unavailable, settings_.name + " was stopped", settings_.name};
  if (registry_.front)
    return {};
  log_of();
  auto warn = [log = log_](const std::string& line) { log_warning(*log, line); };
  auto tell = [log = log_](const std::string& line) { log_info(*log, line); };
  auto chosen = options_.registry ? use_source(runtime_.system(), *options_.registry,
                                               settings_, std::move(warn))
                                  : choose_registry(runtime_.system(), settings_,
                                                    std::move(warn), std::move(tell));
  if (!chosen)
    return std::move(chosen.error());
  registry_ = std::move(*chosen);
  if (!registry_.reason.empty()) {
    auto line = "Registry [" + registry_.name + "] by default: " + registry_.reason;
    // A program that only calls has its output for itself.
    if (started_)
      log(line);
    else
      log_debug(log_of(), line);
  }
  return {};
}

expected<discovery::registry_actor> service_impl::registry() {
  if (auto ok = ensure_registry(); !ok)
    return std::move(ok.error());
  return registry_.front;
}

// Whichever protocol carries a stream: what is taken is told in steps that are small
// for both.
stream_bounds service_impl::stream_limits() const {
  return {
      settings_.http2.stream_output_bytes,
      std::min(settings_.http2.stream_window_bytes, settings_.http.stream_input_bytes)};
}

// A gRPC message of the largest size must fit with what stands around it.
net::http_limits service_impl::http_bounds() const {
  auto result = settings_.http;
  result.body_bytes =
      std::max(result.body_bytes, env_->message_bytes + grpc::prefix_bytes);
  return result;
}

expected<shell_ref> service_impl::make_shell(const declared_handler& what,
                                             caf::actor_system& where, owner whose) {
  shell_ref shell;
  try {
    shell.core = std::make_shared<handler_core>(what.make, handler_wrappers(whose),
                                                env_, stream_wrappers());
  } catch (const std::exception& x) {
    return error{errc::internal, std::string{"a handler can't be made: "} + x.what(),
                 settings_.name};
  }
  shell.core->on_failure = [log = log_](const std::string& text) {
    log_error(*log, text);
  };
  shell.placement = what.options.placement;
  shell.waiting = std::make_shared<std::atomic<size_t>>(0);
  shell.max_waiting = what.options.waiting_calls;
  shell.max_streams = what.options.open_streams;
  shell.actor = spawn_shell(where, shell.placement, shell.core, env_, shell.waiting);
  return shell;
}

// A handler on the lane is called by its own lane alone, so each has one; any other
// serves all lanes.
expected<void> service_impl::add_shell(const declared_handler& what, owner whose) {
  shell_ref shell;
  for (const auto& x : lanes_.all()) {
    if (!shell.actor || what.options.placement == placement::lane) {
      auto made = make_shell(what, *x.system, whose);
      if (!made)
        return std::move(made.error());
      shell = std::move(*made);
    }
    if (auto ok = x.dispatch->add(shell, what.options.internal, whose); !ok) {
      caf::anon_send_exit(shell.actor, exit_now);
      return ok;
    }
  }
  return {};
}

expected<void> service_impl::add_shells() {
  for (auto& x : declared_)
    if (auto ok = add_shell(x, owner::program); !ok)
      return ok;
  return add_built_in();
}

// What every service answers besides its own, as far as the program leaves the names.
expected<void> service_impl::add_built_in() {
  auto index = std::make_shared<reflection_index>();
  for (const auto& shell : lanes_.first().shells())
    index->add(shell.core->descriptor());
  auto add = [&](handler_factory make) -> expected<void> {
    declared_handler what{{.placement = lane, .internal = true}, std::move(make)};
    return add_shell(what, owner::built_in);
  };
  if (auto ok = add([env = env_, log = log_lines_, board = board_] {
        return std::make_unique<debug_handler>(env, log, board);
      });
      !ok)
    return ok;
  if (auto ok =
          add([board = board_] { return std::make_unique<health_handler>(board); });
      !ok)
    return ok;
  for (auto version : {reflection_version::v1, reflection_version::v1alpha})
    if (auto ok = add([=, board = board_] {
          return std::make_unique<reflection_handler>(version, index, board);
        });
        !ok)
      return ok;
  add_built_in_files(*index);
  for (const auto& name : index->services())
    board_->add(name);
  return {};
}

void service_impl::set_ready(readiness now) {
  lanes_.set_ready(now == readiness::ready);
  board_->set(now);
}

expected<void> service_impl::listen() {
  net::listener_options options;
  options.address = settings_.address;
  options.limits = http_bounds();
  options.http2 = settings_.http2;
  options.tls = settings_.server_tls;
  options.report = [log = log_](const error& what) { log_warning(*log, what.detail); };
  auto way = transport();
  if (!way)
    return std::move(way.error());
  auto bound = lanes_.listen(
      [&](caf::actor_system& system, net::listener_options own) {
        return (*way)->listen(system, std::move(own), (*way)->env);
      },
      options);
  if (!bound)
    return std::move(bound.error());
  bound_ = std::move(*bound);
  // An address that is no address of the network is announced as it is.
  auto plain = net::is_unix_address(bound_) || net::parse_host_port(bound_);
  advertised_ = plain ? net::advertised_address(bound_, settings_.advertise) : bound_;
  log("Listening on " + bound_);
  return {};
}

discovery::service_record service_impl::record() const {
  discovery::service_record result;
  result.name = settings_.name;
  result.version = settings_.version;
  result.endpoints = lanes_.first().advertised();
  discovery::node node;
  node.id = settings_.name + "-" + settings_.id;
  node.address = advertised_;
  node.metadata = settings_.metadata;
  // Go Micro's names; its clients read the first.
  const auto& protocol =
      transport_->protocol.empty() ? settings_.server_protocol : transport_->protocol;
  node.metadata["protocol"] = protocol;
  node.metadata["server"] = protocol;
  node.metadata["transport"] = protocol == "grpc" ? "grpc" : transport_->name;
  node.metadata["registry"] = registry_.name;
  // Go Micro's HTTP broker says it so of its own nodes.
  if (settings_.server_tls)
    node.metadata["secure"] = "true";
  // mica's own key: every protocol this port speaks.
  if (transport_->serves == net::carriage::bytes)
    node.metadata["mica-protocols"] = "grpc,mucp,http";
  result.nodes.push_back(std::move(node));
  return result;
}

expected<void> service_impl::enlist() {
  if (auto ok = ensure_registry(); !ok)
    return ok;
  auto ok = ask<caf::ok_atom>(runtime_.system(), registry_.front, ask_time,
                              discovery::register_atom::value, record(),
                              caf::timespan{settings_.register_ttl});
  if (!ok)
    return std::move(ok.error());
  enlisted_ = true;
  log("Registering node: " + settings_.name + "-" + settings_.id);
  return {};
}

expected<void> service_impl::start_server() {
  if (auto ok = check_client_tls(); !ok)
    return ok;
  auto compression = options_.compression.empty()
                         ? grpc::coding::identity
                         : grpc::parse_coding(options_.compression);
  if (!compression)
    return error{errc::invalid_argument,
                 "service_options::compression " + options_.compression
                     + " is not known; there are: "
                     + std::string{grpc::accepted_codings},
                 settings_.name};
  env_->compression = *compression;
  if (settings_.lanes < 1 || settings_.lanes > max_lanes)
    return error{errc::invalid_argument,
                 std::to_string(settings_.lanes) + " lanes: choose 1 to "
                     + std::to_string(max_lanes),
                 settings_.name};
  if (auto ok = choose_metrics(); !ok)
    return ok;
  lanes_.open(settings_.lanes, env_, stream_limits());
  if (auto ok = add_shells(); !ok)
    return ok;
  if (auto ok = listen(); !ok)
    return ok;
  if (auto ok = start_events(); !ok)
    return ok;
  if (auto ok = start_admin(); !ok)
    return ok;
  set_ready(readiness::ready);
  return enlist();
}

expected<void> service_impl::start() {
  expected<void> result;
  {
    std::lock_guard guard{mtx_};
    if (started_)
      return error{errc::conflict, settings_.name + " was started already",
                   settings_.name};
    started_ = true;
    log_of();
    env_->service = settings_.name;
    env_->version = settings_.version;
    env_->node_id = settings_.name + "-" + settings_.id;
    env_->started = env_->now();
    result = start_server();
  }
  if (!result)
    stop();
  return result;
}

void service_impl::withdraw() {
  if (!lanes_.empty())
    set_ready(readiness::stopping);
  if (!enlisted_)
    return;
  enlisted_ = false;
  log("Deregistering node: " + settings_.name + "-" + settings_.id);
  auto ok = ask<caf::ok_atom>(runtime_.system(), registry_.front, ask_time,
                              discovery::deregister_atom::value, record());
  if (!ok)
    log_warning(*log_,
                "not deregistered, its lease will end: " + to_string(ok.error()));
}

void service_impl::withdraw_early() {
  {
    std::lock_guard guard{mtx_};
    if (stopped_)
      return;
    withdraw();
  }
  if (auto broker = publishing_->current())
    subscriptions_->unsubscribe(broker->actor);
}

void service_impl::stop_client() {
  if (client_actor_)
    caf::anon_send_exit(client_actor_, exit_now);
  // The calls behind open exchanges have failed with the client: nobody waits for them.
  if (pool_)
    caf::anon_send_exit(pool_, exit_now);
  client_actor_ = nullptr;
  pool_ = nullptr;
  std::lock_guard guard{registry_mtx_};
  if (!registry_.front)
    return;
  caf::anon_send_exit(registry_.front, exit_now);
  if (registry_.owned)
    caf::anon_send_exit(registry_.backend, exit_now);
  registry_ = {};
}

// Not ready, deregister, no more events, stop accepting, drain, flush, end: in this
// order no accepted call and no acknowledged event is lost.
void service_impl::stop() {
  std::lock_guard guard{mtx_};
  if (stopped_.exchange(true))
    return;
  withdraw();
  stop_subscribers();
  if (!lanes_.drain(settings_.drain_time))
    log_warning(*log_, "calls were still open after the drain time and were reset");
  lanes_.close();
  close_broker();
  stop_admin();
  stop_client();
  lanes_.end();
  subscriptions_->end();
}

expected<caf::actor> service_impl::shell_of(const service_descriptor& which) const {
  std::lock_guard guard{mtx_};
  if (!lanes_.empty() && !stopped_)
    for (const auto& shell : lanes_.first().shells())
      if (&shell.core->descriptor() == &which)
        return shell.actor;
  return error{errc::not_found,
               settings_.name + " runs no handler for " + std::string{which.name}
                   + "; add it by handle() and start the service",
               settings_.name};
}

std::string service_impl::node_id() const {
  return settings_.name + "-" + settings_.id;
}

std::string service_impl::address() const {
  std::lock_guard guard{mtx_};
  return bound_;
}

} // namespace mica::detail
