#include "client/client_actor.hpp"

#include "client/retry.hpp"
#include "mica/codecs/mucp.hpp"
#include "mica/discovery/selector.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"
#include "server/pending_call.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <random>
#include <unordered_map>
#include <utility>

namespace mica::detail {

namespace {

using sweep_atom = caf::atom_constant<caf::atom("sweep")>;

constexpr auto client_id = "go.micro.client";

// How often calls that wait for the registry are held against their deadlines.
constexpr auto sweep_time = std::chrono::milliseconds{50};

struct known_service {
  discovery::snapshot current;
  std::unique_ptr<discovery::strategy> strategy;
  /// Waiting for the registry's answer; a lookup is under way while not empty.
  std::vector<client_call_ptr> waiting;
};

class client : public net::in_io_thread<caf::event_based_actor> {
public:
  client(caf::actor_config& cfg, client_options options)
    : in_io_thread(cfg),
      options_(std::move(options)),
      seeds_(std::random_device{}()) {
    // nop
  }

  const char* name() const override {
    return "client";
  }

  void on_exit() override {
    for (auto& [name, service] : services_)
      for (auto& call : std::exchange(service.waiting, {}))
        finish(*call, error{errc::unavailable, "the client was stopped", client_id});
    services_.clear();
    options_.registry = nullptr;
    options_.pool = nullptr;
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    return {
        [this](client_call_ptr& call) { begin(std::move(call)); },
        [this](caller::start& start) {
          auto promise = make_response_promise<continuation>();
          start([promise](std::function<void()> run) mutable {
            promise.deliver(continuation{std::move(run)});
          });
          return promise;
        },
        [this](discovery::snapshot& x) { update(std::move(x)); },
        [](const cancelled_call& x) {
          // Its exchange runs on until its deadline; nobody waits for it.
          if (auto call = x.call.lock())
            call->finish(
                error{errc::cancelled, "the calling call was cancelled", client_id});
        },
        [this](sweep_atom) { sweep(); },
    };
  }

private:
  void begin(client_call_ptr call) {
    call->request.id = next_id_++;
    if (clock().now() >= call->deadline)
      return finish(*call, timed_out(*call));
    if (!call->address.empty()) {
      auto address = call->address;
      return attempt(std::move(call), std::move(address), mucp::dialect::current);
    }
    auto found = services_.find(call->request.service);
    if (found == services_.end()) {
      if (services_.size() >= options_.known_services)
        return finish(*call,
                      error{errc::overloaded,
                            "calls to more than "
                                + std::to_string(options_.known_services) + " services",
                            client_id});
      found = services_.emplace(call->request.service, known_service{}).first;
      found->second.strategy = discovery::make_strategy(options_.selector, seeds_());
      send(options_.registry, discovery::watch_atom::value, found->first,
           caf::actor_cast<discovery::watcher_actor>(this));
    }
    auto& service = found->second;
    if (service.current.versions.empty())
      look_up(service, std::move(call));
    else
      choose(service, std::move(call));
  }

  void look_up(known_service& service, client_call_ptr call) {
    if (service.waiting.size() >= options_.waiting_calls)
      return finish(*call, error{errc::overloaded,
                                 std::to_string(options_.waiting_calls)
                                     + " calls wait for the registry to answer for "
                                     + call->request.service,
                                 client_id});
    auto name = call->request.service;
    service.waiting.push_back(std::move(call));
    arm();
    if (service.waiting.size() > 1)
      return;
    request(options_.registry, caf::infinite, discovery::lookup_atom::value, name)
        .then(
            [this](discovery::snapshot& x) { update(std::move(x)); },
            [this, name](caf::error& problem) { not_found(name, from_caf(problem)); });
  }

  void update(discovery::snapshot&& x) {
    auto found = services_.find(x.service);
    if (found == services_.end())
      return;
    found->second.current = std::move(x);
    // An empty one is no answer yet for those who wait: their lookup is.
    if (found->second.current.versions.empty())
      return;
    for (auto& call : std::exchange(found->second.waiting, {}))
      choose(found->second, std::move(call));
  }

  void not_found(const std::string& name, error problem) {
    auto found = services_.find(name);
    if (found == services_.end())
      return;
    auto reason = problem.reason == errc::service_not_found ? errc::service_not_found
                                                            : errc::unavailable;
    auto why = reason == errc::service_not_found ? std::string{"not found"}
                                                 : to_string(problem);
    for (auto& call : std::exchange(found->second.waiting, {}))
      finish(*call, error{reason, "service " + name + ": " + why, client_id});
  }

  void choose(known_service& service, client_call_ptr call) {
    auto nodes = discovery::candidates(service.current, {}, call->tried);
    if (nodes.empty())
      return finish(*call, error{errc::none_available,
                                 "error getting next " + call->request.service
                                     + " node: none available",
                                 client_id});
    const auto& node = *nodes[service.strategy->pick(nodes)].where;
    auto protocol = node.metadata.find("protocol");
    auto announced = protocol != node.metadata.end() && !protocol->second.empty();
    attempt(std::move(call), node.address,
            announced ? mucp::dialect::current : mucp::dialect::legacy);
  }

  void attempt(client_call_ptr call, std::string address, mucp::dialect peer) {
    auto now = clock().now();
    if (now >= call->deadline)
      return finish(*call, timed_out(*call));
    call->tried.push_back(address);
    auto last = call->retries <= 0 || call->rule == retry_rule::never;
    auto content_type = call->request.content_type;
    // Kept for a repetition; the last attempt gives it away.
    auto content = last ? std::move(call->request) : call->request;
    content.timeout = call->deadline - now;
    auto message =
        mucp::write_request(std::move(content), address, peer, *options_.types);
    request(options_.pool, caf::infinite, net::exchange_atom::value, std::move(address),
            std::move(message), call->deadline)
        .then(
            [this, call, peer, content_type](http_response& response) {
              auto reply = mucp::read_reply(std::move(response), peer, content_type,
                                            *options_.types);
              if (reply)
                call->finish(std::move(reply));
              else
                failed(call, std::move(reply.error()));
            },
            [this, call](caf::error& problem) {
              auto reason = from_caf(problem);
              if (reason.id.empty())
                reason.id = client_id;
              failed(call, std::move(reason));
            });
  }

  void failed(client_call_ptr call, error why) {
    if (!call->done)
      return;
    auto where = call->tried.back();
    call->history +=
        (call->history.empty() ? "" : "; ") + where + ": "
        + (why.detail.empty() ? std::string{to_string(why.reason)} : why.detail);
    auto wait = back_off(static_cast<int>(call->tried.size()));
    if (call->retries <= 0 || !may_retry(call->rule, call->level, why)
        || clock().now() + wait >= call->deadline) {
      // What a handler said stays as it said it.
      if (why.id == client_id && call->tried.size() > 1)
        why.detail = call->history;
      return finish(*call, std::move(why));
    }
    --call->retries;
    if (wait <= std::chrono::nanoseconds{0})
      begin(std::move(call));
    else
      delayed_send(this, wait, std::move(call));
  }

  error timed_out(const client_call& call) const {
    return {errc::timeout,
            "call timeout: context deadline exceeded"
                + (call.history.empty() ? "" : " (" + call.history + ")"),
            client_id};
  }

  void finish(client_call& call, error why) {
    call.finish(std::move(why));
  }

  void arm() {
    if (std::exchange(armed_, true))
      return;
    delayed_send(this, sweep_time, sweep_atom::value);
  }

  void sweep() {
    armed_ = false;
    auto now = clock().now();
    for (auto& [name, service] : services_) {
      auto calls = std::exchange(service.waiting, {});
      for (auto& call : calls) {
        if (now < call->deadline)
          service.waiting.push_back(std::move(call));
        else
          finish(*call, error{errc::timeout,
                              "call timeout: the registry did not answer for " + name,
                              client_id});
      }
      if (!service.waiting.empty())
        arm();
    }
  }

  client_options options_;
  std::mt19937_64 seeds_;
  std::unordered_map<std::string, known_service> services_;
  uint64_t next_id_ = 0;
  bool armed_ = false;
};

} // namespace

caf::actor spawn_client(caf::actor_system& system, client_options options) {
  return system.spawn<client>(std::move(options));
}

} // namespace mica::detail
