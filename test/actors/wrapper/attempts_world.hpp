// A client's core with connections played by the test.

#pragma once

#include "client/client_core.hpp"
#include "mica/codecs/grpc.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <caf/test/dsl.hpp>

namespace mica::test {

/// Keeps what it is given until the test answers.
class scripted_pool : public net::pool {
public:
  struct exchange_seen {
    net::target to;
    http_request request;
    done then;
  };

  uint64_t exchange(const net::target& to, http_request&& request, net::time_point,
                    done then) override {
    seen.push_back({to, std::move(request), std::move(then)});
    return seen.size();
  }

  uint64_t open(const net::target&, http_request&&, net::time_point,
                std::unique_ptr<net::response_receiver>) override {
    return 0;
  }

  void cancel(uint64_t number) override {
    ++cancelled;
    seen.at(number - 1).then = nullptr;
  }

  void answer(size_t index, expected<http_response> outcome) {
    std::exchange(seen.at(index).then, nullptr)(std::move(outcome));
  }

  std::deque<exchange_seen> seen;
  int cancelled = 0;
};

class attempts_world {
public:
  using time_point = detail::client_core::time_point;

  ~attempts_world() {
    // Calls that are still open fail while there is who hears of it.
    if (core)
      core->close();
    core = nullptr;
    pool->seen.clear();
  }

  /// Two nodes, called in turn.
  void make(std::vector<call_wrapper> wrappers) {
    detail::client_core::options options;
    options.pool = pool;
    options.types = &types;
    options.directory.selector =
        *discovery::find_selector(discovery::known_selectors(), "roundrobin");
    options.call_wrappers = std::move(wrappers);
    core = std::make_shared<detail::client_core>(std::move(options), 1);
    core->use({{[](const std::string&) {}, [](const std::string&) {}, [] {}},
               [this](std::chrono::nanoseconds wait, std::function<void()> run) {
                 timers.emplace_back(now + wait, std::move(run));
               },
               [this] { return now; }});
    // The first call makes the service known.
    static_cast<void>(core->services().pick("greeter", {}, now));
    discovery::service_record record{"greeter", "latest", {}, {}, {}};
    for (const auto* x : {"h:1", "h:2"})
      record.nodes.push_back(
          {std::string{"id-"} + x, x, {{"mica-protocols", "grpc,mucp,http"}}});
    core->services().update({"greeter", {record}, {}}, now);
  }

  detail::client_call_ptr call() {
    auto result = std::make_shared<detail::client_call>();
    result->request.service = "greeter";
    result->request.endpoint = "Greeter.Hello";
    result->request.body = "12345hello";
    result->request.body_offset = 5;
    result->deadline = now + std::chrono::seconds{5};
    result->done = [this](expected<incoming_reply> x) {
      outcomes.push_back(std::move(x));
    };
    return result;
  }

  static http_response answer(error why = {}) {
    reply_style style;
    style.via = protocol::grpc;
    style.content_type = "application/grpc";
    return grpc::write_reply(style, {{}, "hi", std::move(why)});
  }

  /// Runs what is due, at its time.
  void advance() {
    CAF_REQUIRE(!timers.empty());
    auto [when, run] = std::move(timers.front());
    timers.pop_front();
    now = when;
    run();
  }

  const error& failure() {
    CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
    CAF_REQUIRE(!outcomes[0]);
    return outcomes[0].error();
  }

  content_types types;
  time_point now = time_point{} + std::chrono::hours{1};
  std::shared_ptr<scripted_pool> pool = std::make_shared<scripted_pool>();
  std::shared_ptr<detail::client_core> core;
  std::deque<std::pair<time_point, std::function<void()>>> timers;
  std::vector<expected<incoming_reply>> outcomes;
};

} // namespace mica::test
