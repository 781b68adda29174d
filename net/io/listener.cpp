#include "mica/net/listener.hpp"

#include "io/listener_core.hpp"
#include "io/server_connection.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/io/middleman.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace mica::net {

namespace {

using std::chrono::nanoseconds;

using limit_atom = caf::atom_constant<caf::atom("limit")>;

class listener : public net_broker {
public:
  listener(caf::actor_config& cfg, listener_options options)
    : net_broker(cfg),
      address_(std::move(options.address)),
      tls_(std::move(options.tls)),
      core_(std::make_shared<listener_core>()) {
    core_->limits = options.limits;
    core_->limits2 = options.http2;
    core_->report = std::move(options.report);
    core_->handshake_time = tls_.handshake_time;
    core_->handler = std::move(options.handler);
    core_->sockets =
        options.sockets ? std::move(options.sockets) : native_sockets(options.sharing);
    core_->inbox = std::make_shared<lane_inbox>(backend());
    core_->slack = sweep_interval(false);
  }

  const char* name() const override {
    return "listener";
  }

  caf::behavior make_behavior() override {
    init_actor(this);
    core_->listener = this;
    return {
        [this](const caf::io::new_connection_msg& x) { accept(x.handle); },
        [this](sweep_atom, uint64_t number) { sweep(number); },
        [this](ended_atom) { on_ended(); },
        [this](listen_atom) { return listen(); },
        [this](drain_atom, caf::timespan limit) { return drain(limit); },
        [this](limit_atom) { on_limit(); },
        [this](stats_atom) { return core_->stats; },
        [](const caf::io::acceptor_closed_msg&) {
          // nop
        },
    };
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    core_->listener = nullptr;
    core_->sockets->unlisten(bound_);
    tell_all(abort_atom::value);
    return net_broker::cleanup(std::move(reason), host);
  }

private:
  caf::result<std::string> listen() {
    if (valid(acceptor_) || core_->draining)
      return to_caf({errc::conflict, "this listener was started before"});
    if (tls_) {
      auto made = tls::server_context::make(tls_);
      if (!made)
        return to_caf(std::move(made.error()));
      core_->tls = std::move(*made);
    }
    auto bound = core_->sockets->listen(*this, address_);
    if (!bound)
      return to_caf(std::move(bound.error()));
    acceptor_ = bound->first;
    bound_ = std::move(bound->second);
    return bound_;
  }

  void accept(caf::io::connection_handle handle) {
    if (core_->first == nullptr) {
      core_->now = clock().now();
      look_at_certificates();
    }
    try {
      server_connection::spawn(*this, handle, core_);
    } catch (const std::exception&) {
      // Out of memory: this peer is lost, the listener is not.
      close(handle);
      return;
    }
    ++core_->stats.accepted;
    if (!may_accept()) {
      core_->paused = true;
      ++core_->stats.pauses;
      halt(acceptor_);
    }
    arm();
  }

  bool may_accept() {
    return core_->stats.open < core_->limits.connections && core_->sockets->room();
  }

  // See server_connection::resume_reading.
  void resume_accepting() {
    core_->paused = false;
    backend().post([this, keep_alive = caf::actor{this}] {
      if (valid(acceptor_) && !core_->paused)
        trigger(acceptor_);
    });
  }

  // -- deadlines ----------------------------------------------------------------

  // How often deadlines are looked at: a quarter of the shortest, within reason.
  nanoseconds sweep_interval(bool draining) const {
    const auto& limits = core_->limits;
    auto shortest = std::min({limits.header_time, limits.body_time, limits.idle_time,
                              limits.write_time, limits.linger_time});
    if (draining)
      shortest = std::min(shortest, limits.drain_idle_time);
    if (tls_)
      shortest = std::min(shortest, tls_.handshake_time);
    return std::clamp<nanoseconds>(shortest / 4, std::chrono::milliseconds{10},
                                   std::chrono::seconds{1});
  }

  void arm() {
    if (std::exchange(armed_, true))
      return;
    delayed_send(this, core_->slack, sweep_atom::value, ++sweep_number_);
  }

  void sweep(uint64_t number) {
    if (number != sweep_number_)
      return;
    armed_ = false;
    core_->now = clock().now();
    core_->renew_reports();
    look_at_certificates();
    for (auto* i = core_->first; i != nullptr; i = i->next)
      if (i->due <= core_->now && i->due != listener_core::passed) {
        i->due = listener_core::passed;
        caf::anon_send(i, expired_atom::value);
      }
    if (core_->paused && may_accept())
      resume_accepting();
    if (core_->first != nullptr || core_->paused)
      arm();
  }

  void look_at_certificates() {
    if (!core_->tls || core_->now < certificates_due_)
      return;
    certificates_due_ = core_->now + tls::certificate_check_interval;
    auto changed = core_->tls->reload();
    if (!changed)
      core_->tell(error{changed.error().reason, changed.error().detail
                                                    + "; the former certificate stays "
                                                      "in use"});
  }

  void on_ended() {
    if (core_->paused && may_accept())
      resume_accepting();
    finish_drain();
  }

  // -- the end ------------------------------------------------------------------

  template <class T>
  void tell_all(T what) {
    for (auto* i = core_->first; i != nullptr; i = i->next)
      caf::anon_send(i, what);
  }

  caf::result<bool> drain(caf::timespan limit) {
    auto promise = make_response_promise<bool>();
    waiting_.push_back(promise);
    core_->paused = false;
    close(acceptor_);
    core_->sockets->unlisten(bound_);
    if (!std::exchange(core_->draining, true)) {
      core_->slack = sweep_interval(true);
      core_->now = clock().now();
      tell_all(drain_atom::value);
      armed_ = false;
      if (core_->first != nullptr)
        arm();
    }
    if (core_->first != nullptr)
      delayed_send(this, limit, limit_atom::value);
    finish_drain();
    return promise;
  }

  void on_limit() {
    if (core_->first == nullptr)
      return;
    clean_ = false;
    tell_all(abort_atom::value);
  }

  void finish_drain() {
    if (!core_->draining || core_->first != nullptr)
      return;
    for (auto& promise : std::exchange(waiting_, {}))
      promise.deliver(clean_);
  }

  std::string address_;
  tls_server_options tls_;
  /// As the socket layer said it; empty before.
  std::string bound_;
  std::shared_ptr<listener_core> core_;
  caf::io::accept_handle acceptor_;
  std::vector<caf::typed_response_promise<bool>> waiting_;
  time_point certificates_due_{};
  uint64_t sweep_number_ = 0;
  bool armed_ = false;
  /// No connection was reset by a drain's limit.
  bool clean_ = true;
};

} // namespace

listener_actor spawn_listener(caf::actor_system& system, listener_options options) {
  caf::actor_config cfg{&system.middleman().backend()};
  auto spawned =
      system.spawn_class<listener, caf::no_spawn_options>(cfg, std::move(options));
  return caf::actor_cast<listener_actor>(std::move(spawned));
}

} // namespace mica::net
