#include "server/shell.hpp"

#include "mica/actors/typed_call.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <unordered_map>
#include <utility>
#include <vector>

namespace mica::detail {

namespace {

using adopt_atom = caf::atom_constant<caf::atom("adopt")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

// Deferred calls are looked at this often at the latest once a deadline is due.
constexpr auto tick_time = std::chrono::milliseconds{10};

template <class Base>
class shell : public Base {
public:
  shell(caf::actor_config& cfg, std::shared_ptr<handler_core> core,
        std::shared_ptr<server_environment> env,
        std::shared_ptr<std::atomic<size_t>> waiting)
    : Base(cfg),
      core_(std::move(core)),
      env_(std::move(env)),
      waiting_(std::move(waiting)) {
    // nop
  }

  const char* name() const override {
    return "shell";
  }

  // What the object keeps may name this actor, e.g. answers that were never given:
  // neither would ever go.
  void on_exit() override {
    core_->release();
    Base::on_exit();
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    this->set_default_handler(
        [this](caf::scheduled_actor*, caf::message_view& x) { return take_typed(x); });
    return {
        [this](pending_call_ptr& call) { take(call); },
        [this](call_batch& x) {
          for (auto& call : x.calls)
            take(std::exchange(call, nullptr));
        },
        [this](const opened_stream& x) {
          core_->open(x.stream);
          keep_if_deferred(x.stream->call());
        },
        [](const shell_wakeup& x) { x.home->run(); },
        [](const stream_wakeup& x) { x.stream->run(); },
        [this](const resumed_call& x) {
          core_->resume(x.call, x.step, x.dropped);
          keep_if_deferred(x.call);
        },
        [this](late_answer& x) {
          deferred_.erase(x.call.get());
          if (x.response)
            x.call->respond(*x.response);
          else
            x.call->finish(std::move(x.reply));
        },
        [this](continuation& x) {
          try {
            x.run();
          } catch (const std::exception& problem) {
            report(problem.what());
          } catch (...) {
            report("an exception that is no std::exception");
          }
        },
        [this](adopt_atom, pending_call_ptr& call) { keep_if_deferred(call); },
        [this](const abandoned_call& x) { abandon(x.from); },
        [this](const serve_interface& x) { methods_ = x.methods; },
        [this](tick_atom) { on_tick(); },
    };
  }

private:
  void take(const pending_call_ptr& call) {
    waiting_->fetch_sub(1, std::memory_order_relaxed);
    core_->serve(call);
    keep_if_deferred(call);
  }

  // A call of the handler's actor interface: the request is used where it lies, the
  // answer is a message. Anything else is unknown here.
  caf::result<caf::message> take_typed(caf::message_view& x) {
    auto content = x.move_content_to_message();
    auto number = methods_ ? methods_->find(content) : std::nullopt;
    if (!number)
      return caf::sec::unexpected_message;
    const auto& typed = (*methods_)[*number];
    incoming_call envelope;
    const auto& method = core_->descriptor().methods[*number];
    envelope.style.endpoint = method.endpoint;
    auto call = std::make_shared<pending_call>(std::move(envelope), env_);
    call->arrived = env_->now();
    call->method = &method;
    call->method_index = *number;
    call->shell = caf::actor_cast<caf::actor>(this);
    auto promise = this->make_response_promise();
    call->in_kind = [promise, &typed](const google::protobuf::Message* response,
                                      const error& failure) mutable {
      if (response)
        promise.deliver(typed.response(*response));
      else
        promise.deliver(to_caf(failure));
    };
    core_->serve(call, *typed.request(content.get(0)));
    keep_if_deferred(call);
    return caf::delegated<caf::message>{};
  }

  void report(const std::string& text) {
    if (core_->on_failure)
      core_->on_failure("a continuation threw: " + text);
  }

  void keep_if_deferred(const pending_call_ptr& call) {
    // A stream answers by itself; only its deadline has to be looked after.
    if (call->answered()
        || (call->method->kind != method_kind::unary && !call->deadline))
      return;
    deferred_.insert_or_assign(call.get(), call);
    if (call->deadline)
      arm();
  }

  void abandon(const net::reply_address& from) {
    for (auto& call : open_calls())
      if (call->from.connection == from.connection
          && call->from.sequence == from.sequence)
        call->cancel();
  }

  // A copy: callbacks may change the table.
  std::vector<pending_call_ptr> open_calls() const {
    std::vector<pending_call_ptr> result;
    for (auto& [key, weak] : deferred_)
      if (auto call = weak.lock())
        result.push_back(std::move(call));
    return result;
  }

  void arm() {
    if (armed_)
      return;
    armed_ = true;
    this->delayed_send(this, tick_time, tick_atom::value);
  }

  // The caller's own deadline ends the call there; here it frees what it holds.
  void on_tick() {
    armed_ = false;
    std::erase_if(deferred_, [](const auto& x) { return x.second.expired(); });
    bool waiting = false;
    for (auto& call : open_calls()) {
      if (call->answered() || !call->deadline)
        continue;
      if (!call->cancelled()) {
        waiting = true;
        continue;
      }
      call->cancel();
      call->finish({{},
                    {},
                    error{errc::timeout, "the handler did not answer in time",
                          call->env->service}});
      deferred_.erase(call.get());
    }
    if (waiting)
      arm();
  }

  std::shared_ptr<handler_core> core_;
  std::shared_ptr<server_environment> env_;
  std::shared_ptr<std::atomic<size_t>> waiting_;
  /// The handler's actor interface; null until somebody asked for a typed handle.
  const typed_method_table* methods_ = nullptr;
  /// Calls whose answer comes later. Weak: the user's copies decide how long.
  std::unordered_map<const pending_call*, std::weak_ptr<pending_call>> deferred_;
  bool armed_ = false;
};

} // namespace

caf::actor spawn_shell(caf::actor_system& system, placement where,
                       std::shared_ptr<handler_core> core,
                       std::shared_ptr<server_environment> env,
                       std::shared_ptr<std::atomic<size_t>> waiting) {
  using base = caf::event_based_actor;
  switch (where) {
    case placement::lane:
      return system.spawn<shell<net::in_io_thread<base>>>(
          std::move(core), std::move(env), std::move(waiting));
    case placement::thread:
      return system.spawn<shell<base>, caf::detached>(std::move(core), std::move(env),
                                                      std::move(waiting));
    default:
      return system.spawn<shell<net::at_home<base>>>(std::move(core), std::move(env),
                                                     std::move(waiting));
  }
}

void adopt(const caf::actor& shell, const pending_call_ptr& call) {
  caf::anon_send(shell, adopt_atom::value, call);
}

} // namespace mica::detail
