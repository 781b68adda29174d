// The half of a service that calls.

#include "mica/actors/sources.hpp"
#include "mica/net/pool.hpp"
#include "plugin/extensions.hpp"
#include "runtime/log.hpp"
#include "runtime/service_impl.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

expected<const chosen_transport*> service_impl::transport() {
  if (!transport_) {
    auto chosen = choose_transport(options_, settings_);
    if (!chosen)
      return std::move(chosen.error());
    transport_ = std::move(*chosen);
  }
  return &*transport_;
}

// "registry" is Go Micro's name for its default selector.
discovery::selector_source service_impl::selector() const {
  if (options_.selector)
    return *options_.selector;
  if (settings_.extensions)
    if (auto found = settings_.extensions->selectors.find(settings_.selector))
      return *found;
  const auto& known = discovery::known_selectors();
  const auto* found = discovery::find_selector(known, settings_.selector);
  return found ? *found : known.front();
}

// Plugins first: the code has the last word.
void service_impl::add_codecs() {
  if (settings_.extensions)
    for (const auto& x : settings_.extensions->codecs.rows())
      env_->types.add(x->name(), {x->get()});
  for (const auto& x : options_.more_codecs)
    env_->types.add(x->name(), {x->get()});
}

expected<void> service_impl::check_client_tls() const {
  const auto& tls = settings_.client_tls;
  auto named = !tls.ca_file.empty() || !tls.certificate_file.empty();
  return named ? net::check(tls) : expected<void>{};
}

expected<client_side*> service_impl::client() {
  if (auto* ready = ready_client_.load())
    return ready;
  std::lock_guard guard{mtx_};
  if (client_)
    return client_.get();
  if (auto ok = check_client_tls(); !ok)
    return std::move(ok.error());
  if (auto ok = ensure_registry(); !ok)
    return std::move(ok.error());
  if (!settings_.client_tls.verify)
    log_warning(log_of(), "--client_tls_insecure: servers are believed without a look "
                          "at their certificates");
  net::pool_options pool;
  pool.limits = settings_.pool;
  pool.http = http_bounds();
  pool.tls = settings_.client_tls;
  log_of();
  pool.report = [log = log_](const error& what) { log_warning(*log, what.detail); };
  pool.http2 = settings_.http2;
  auto way = transport();
  if (!way)
    return std::move(way.error());
  auto connections = (*way)->pool(runtime_.system(), std::move(pool), (*way)->env);
  if (!connections)
    return std::move(connections.error());
  pool_ = connections->actor;
  client_core::options options;
  options.pool = connections->direct;
  options.directory.selector = selector();
  if (options_.balancing)
    options.directory.balancing = *options_.balancing;
  options.directory.registry = registry_.name;
  // A client of one's own is no protocol of ours.
  auto named = parse_protocol_choice(settings_.client_protocol);
  options.protocol = (*way)->calls == net::carriage::messages ? protocol_choice::mucp
                     : named                                  ? *named
                             : protocol_choice::automatic;
  options.secure = settings_.client_secure;
  options.limits.message_bytes = env_->message_bytes;
  options.types = &env_->types;
  if (auto ok = choose_metrics(); !ok)
    return std::move(ok.error());
  // The service counts in front of all other wrappers.
  auto client_wrappers = options_.client_wrappers;
  options.call_wrappers = options_.call_wrappers;
  if (metrics_) {
    client_wrappers.insert(client_wrappers.begin(), metrics_->client());
    options.call_wrappers.insert(options.call_wrappers.begin(), metrics_->call());
  }
  auto client = spawn_client(runtime_.system(), registry_.front, std::move(options));
  client_actor_ = client.actor();
  client_defaults defaults;
  defaults.from = settings_.name;
  defaults.timeout = settings_.request_timeout;
  defaults.retries = settings_.retries;
  defaults.streams = stream_limits();
  client_ = std::make_unique<client_side>(std::move(client), std::move(defaults),
                                          std::move(client_wrappers), env_->types,
                                          env_->now, stream_wrappers());
  ready_client_ = client_.get();
  return client_.get();
}

} // namespace mica::detail
