#include "client/client_actor.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <random>
#include <thread>
#include <utility>

namespace mica::detail {

namespace {

using sweep_atom = caf::atom_constant<caf::atom("sweep")>;

class client : public net::in_io_thread<caf::event_based_actor> {
public:
  client(caf::actor_config& cfg, discovery::registry_actor registry,
         std::shared_ptr<client_core> core)
    : in_io_thread(cfg),
      registry_(std::move(registry)),
      core_(std::move(core)) {
    // nop
  }

  const char* name() const override {
    return "client";
  }

  void on_exit() override {
    core_->close();
    registry_ = nullptr;
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    core_->use(
        {{[this](const std::string& service) { watch(service); },
          [this](const std::string& service) { look_up(service); },
          [this] { delayed_send(this, directory::sweep_time, sweep_atom::value); }},
         [this](std::chrono::nanoseconds wait, std::function<void()> run) {
           delayed_send(this, wait, continuation{std::move(run)});
         },
         [this] { return clock().now(); }});
    return {
        [this](client_call_ptr& call) { core_->begin(std::move(call)); },
        [this](stream_opening_ptr& what) { core_->open(std::move(what)); },
        [this](const lane_task& task) { task.run(*core_); },
        [this](caller::start& start) {
          auto promise = make_response_promise<continuation>();
          start([promise](std::function<void()> run) mutable {
            promise.deliver(continuation{std::move(run)});
          });
          return promise;
        },
        [this](discovery::snapshot& x) {
          core_->services().update(std::move(x), clock().now());
        },
        [this](const cancelled_call& x) {
          if (auto call = x.call.lock())
            core_->cancel(*call, {errc::cancelled, "the calling call was cancelled",
                                  "go.micro.client"});
        },
        [](continuation& x) { x.run(); },
        [this](sweep_atom) { core_->services().sweep(clock().now()); },
    };
  }

private:
  void watch(const std::string& service) {
    send(registry_, discovery::watch_atom::value, service,
         caf::actor_cast<discovery::watcher_actor>(this));
  }

  void look_up(const std::string& service) {
    request(registry_, caf::infinite, discovery::lookup_atom::value, service)
        .then(
            [this](discovery::snapshot& x) {
              core_->services().update(std::move(x), clock().now());
            },
            [this, service](caf::error& problem) {
              core_->services().not_found(service, from_caf(problem), clock().now());
            });
  }

  discovery::registry_actor registry_;
  const std::shared_ptr<client_core> core_;
};

} // namespace

client_handle::client_handle(caf::actor actor, std::shared_ptr<client_core> core,
                             caf::io::network::multiplexer& lane)
  : actor_(std::move(actor)),
    core_(std::move(core)),
    lane_(&lane) {
  // nop
}

bool client_handle::is_lane() const noexcept {
  return std::this_thread::get_id() == lane_->thread_id();
}

bool client_handle::here() const {
  return is_lane() && core_->open_to_calls();
}

void client_handle::begin(client_call_ptr call) const {
  if (here())
    core_->begin(std::move(call));
  else
    caf::anon_send(actor_, std::move(call));
}

void client_handle::open(stream_opening_ptr what) const {
  if (here())
    core_->open(std::move(what));
  else
    caf::anon_send(actor_, std::move(what));
}

void client_handle::on_lane(std::function<void(client_core&)> run) const {
  if (here())
    run(*core_);
  else
    caf::anon_send(actor_, lane_task{std::move(run)});
}

client_handle spawn_client(caf::actor_system& system,
                           discovery::registry_actor registry,
                           client_core::options options) {
  auto core = std::make_shared<client_core>(std::move(options), std::random_device{}());
  auto actor = system.spawn<client>(std::move(registry), core);
  return {actor, core, system.middleman().backend()};
}

} // namespace mica::detail
