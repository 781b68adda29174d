// What a service puts around calls, and what operators see of that.

#include "function/once.hpp"
#include "mica/net/listener.hpp"
#include "runtime/admin_page.hpp"
#include "runtime/ask.hpp"
#include "runtime/log.hpp"
#include "runtime/service_impl.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::detail {

namespace {

// Operators come one by one.
constexpr size_t max_connections = 64;

} // namespace

std::vector<stream_wrapper> service_impl::stream_wrappers() const {
  auto result = options_.stream_wrappers;
  if (metrics_)
    result.insert(result.begin(), metrics_->stream());
  return result;
}

std::vector<handler_wrapper> service_impl::handler_wrappers(owner whose) const {
  auto result = options_.handler_wrappers;
  if (metrics_)
    result.insert(result.begin(), metrics_->handler());
  // Outermost: what is refused is no call of the program's.
  if (one_use_ && whose == owner::program)
    result.insert(result.begin(), once(one_use_));
  return result;
}

expected<void> service_impl::choose_metrics() {
  if (settings_.admin_address.empty() && !metrics_)
    return {};
  if (!settings_.admin_address.empty() && !metrics::available())
    return error{errc::unimplemented,
                 "--admin_address " + settings_.admin_address
                     + ": this mica was built without metrics (MICA_WITH_METRICS)",
                 settings_.name};
  if (!metrics_)
    metrics_ = std::make_shared<mica::metrics>();
  metrics_->identify(settings_.name, settings_.version, node_id());
  return {};
}

expected<void> service_impl::start_admin() {
  if (settings_.admin_address.empty())
    return {};
  auto address = admin_listen_address(settings_.admin_address);
  if (!address)
    return error{address.error().reason, "--admin_address: " + address.error().detail,
                 settings_.name};
  auto& system = runtime_.system();
  admin_page_ = std::make_shared<admin_page>(system, *metrics_);
  net::listener_options options;
  options.address = std::move(*address);
  options.handler = admin_page_;
  options.limits.connections = max_connections;
  options.report = [log = log_](const error& what) { log_warning(*log, what.detail); };
  admin_ = net::spawn_listener(system, std::move(options));
  auto bound = ask<std::string>(system, admin_, ask_time, net::listen_atom::value);
  if (!bound)
    return error{bound.error().reason, "--admin_address: " + bound.error().detail,
                 settings_.name};
  admin_bound_ = std::move(*bound);
  log("Metrics on http://" + admin_bound_ + "/metrics");
  return {};
}

void service_impl::stop_admin() {
  if (admin_)
    caf::anon_send_exit(admin_, caf::exit_reason::user_shutdown);
  admin_ = nullptr;
  if (admin_page_)
    admin_page_->stop();
  admin_page_ = nullptr;
}

std::string service_impl::admin_address() const {
  std::lock_guard guard{mtx_};
  return admin_bound_;
}

} // namespace mica::detail
