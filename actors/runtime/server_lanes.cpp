#include "runtime/server_lanes.hpp"

#include "runtime/ask.hpp"

#include <caf/exit_reason.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::detail {

namespace {

constexpr auto exit_now = caf::exit_reason::user_shutdown;

// Nothing runs on the workers of a lane but its share of timers; CAF wants one.
constexpr size_t lane_workers = 1;

} // namespace

server_lanes::server_lanes(runtime& home) : home_(home) {
  // nop
}

server_lanes::~server_lanes() {
  if (lanes_.size() < 2)
    return;
  home_.system().await_all_actors_done();
  for (const auto& x : lanes_)
    x.system->await_all_actors_done();
}

void server_lanes::open(size_t count, const std::shared_ptr<server_environment>& env,
                        const stream_bounds& bounds) {
  lanes_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    auto own = i == 0 ? nullptr : std::make_unique<runtime>(lane_workers);
    auto& system = own ? own->system() : home_.system();
    auto dispatch = std::make_shared<dispatcher>(env, bounds);
    dispatch->use_lane(system.middleman().backend());
    lanes_.push_back({std::move(own), &system, std::move(dispatch)});
  }
}

void server_lanes::set_ready(bool ready) {
  for (const auto& x : lanes_)
    x.dispatch->set_ready(ready);
}

expected<std::string> server_lanes::listen(const spawn_function& spawn,
                                           const net::listener_options& options) {
  std::string bound;
  for (auto& x : lanes_) {
    auto own = options;
    own.handler = x.dispatch;
    if (lanes_.size() > 1)
      own.sharing = bound.empty() ? net::port_sharing::first : net::port_sharing::joins;
    if (!bound.empty())
      own.address = bound;
    auto spawned = spawn(*x.system, std::move(own));
    if (!spawned)
      return std::move(spawned.error());
    x.listener = std::move(*spawned);
    auto answer =
        ask<std::string>(*x.system, x.listener, ask_time, net::listen_atom::value);
    if (!answer)
      return std::move(answer.error());
    bound = std::move(*answer);
  }
  return bound;
}

bool server_lanes::drain(caf::timespan limit) {
  if (lanes_.empty())
    return true;
  caf::scoped_actor self{home_.system()};
  auto ask_to_drain = [&](const server_lane& x) {
    return self->request(x.listener, limit + ask_time, net::drain_atom::value, limit);
  };
  // All at once: a lane that still accepts takes what the others refuse.
  std::vector<decltype(ask_to_drain(lanes_.front()))> asked;
  for (const auto& x : lanes_)
    if (x.listener)
      asked.push_back(ask_to_drain(x));
  bool clean = true;
  for (auto& x : asked)
    x.receive([&](bool lane_clean) { clean = clean && lane_clean; },
              [&](caf::error&) { clean = false; });
  return clean;
}

void server_lanes::close() {
  for (auto& x : lanes_)
    if (x.listener)
      caf::anon_send_exit(std::exchange(x.listener, {}), exit_now);
}

void server_lanes::end() {
  for (const auto& x : lanes_)
    for (const auto& shell : x.dispatch->shells())
      caf::anon_send_exit(shell.actor, exit_now);
}

} // namespace mica::detail
