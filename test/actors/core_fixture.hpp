// A client's core with connections, registry and time played by the test.

#pragma once

#include "client/client_core.hpp"
#include "mica/codecs/grpc.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace mica::test {

using namespace mica::detail;
using namespace std::chrono_literals;

using time_point = client_core::time_point;

// Keeps what it is given until the test answers.
class fake_pool : public net::pool {
public:
  struct exchange_seen {
    net::target to;
    http_request request;
    time_point deadline;
    done then;
    bool cancelled = false;
  };

  uint64_t exchange(const net::target& to, http_request&& request, time_point deadline,
                    done then) override {
    seen.push_back({to, std::move(request), deadline, std::move(then)});
    if (at_once)
      std::exchange(seen.back().then, nullptr)(*at_once);
    return seen.size();
  }

  uint64_t open(const net::target&, http_request&&, time_point,
                std::unique_ptr<net::response_receiver>) override {
    return 0;
  }

  void cancel(uint64_t number) override {
    seen.at(number - 1).cancelled = true;
    seen.at(number - 1).then = nullptr;
  }

  // The last exchange ends.
  void answer(expected<http_response> outcome) {
    std::exchange(seen.back().then, nullptr)(std::move(outcome));
  }

  std::deque<exchange_seen> seen;
  const error* at_once = nullptr;
};

inline const error unreached{errc::connection_failed, "dial h:1: refused"};

struct core_fixture {
  core_fixture() : pool(std::make_shared<fake_pool>()) {
    client_core::options options;
    options.pool = pool;
    options.types = &types;
    options.limits.repeat_bytes = 1000;
    options.directory.selector =
        *discovery::find_selector(discovery::known_selectors(), "roundrobin");
    options.directory.registry = "memory";
    core = std::make_shared<client_core>(std::move(options), 1);
    core->use({{[this](const std::string& x) { watched.push_back(x); },
                [this](const std::string& x) { looked_up.push_back(x); }, [] {}},
               [this](std::chrono::nanoseconds wait, std::function<void()> run) {
                 timers.emplace_back(now + wait, std::move(run));
               },
               [this] { return now; }});
  }

  ~core_fixture() {
    // Calls that are still open fail while there is who hears of it.
    core->close();
    pool->seen.clear();
    timers.clear();
  }

  client_call_ptr make(std::string service = "greeter") {
    auto call = std::make_shared<client_call>();
    call->request.service = std::move(service);
    call->request.endpoint = "Greeter.Hello";
    call->request.body = "12345hello";
    call->request.body_offset = 5;
    call->deadline = now + 5s;
    call->done = [this](expected<incoming_reply> x) {
      outcomes.push_back(std::move(x));
    };
    return call;
  }

  void announce(std::vector<std::string> addresses, discovery::labels labels) {
    discovery::service_record record{"greeter", "latest", {}, {}, {}};
    for (const auto& x : addresses)
      record.nodes.push_back({"id-" + x, x, labels});
    core->services().update({"greeter", {record}, {}}, now);
  }

  void announce_mica(std::vector<std::string> addresses = {"h:1"}) {
    announce(std::move(addresses),
             {{"protocol", "mucp"}, {"mica-protocols", "grpc,mucp,http"}});
  }

  static http_response grpc_answer(std::string_view payload) {
    reply_style style;
    style.via = protocol::grpc;
    style.content_type = "application/grpc";
    return grpc::write_reply(style, {{}, std::string{payload}, {}});
  }

  static http_response grpc_failure(error why) {
    reply_style style;
    style.via = protocol::grpc;
    style.content_type = "application/grpc";
    return grpc::write_reply(style, {{}, {}, std::move(why)});
  }

  // Runs what is due, at its time.
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
  time_point now = time_point{} + 1h;
  std::shared_ptr<fake_pool> pool;
  std::shared_ptr<client_core> core;
  std::vector<std::string> watched;
  std::vector<std::string> looked_up;
  std::deque<std::pair<time_point, std::function<void()>>> timers;
  std::vector<expected<incoming_reply>> outcomes;
};

} // namespace mica::test
