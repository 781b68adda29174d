// Serves with few descriptors until its input ends. Says its address, then "paused"
// when its listener had to pause; exits with 4 if that takes ten seconds. A program of
// its own: a test that forks while CAF or a sanitizer has threads may hang.

#include "net/io/scripted_handler.hpp"

#include "mica/net/listener.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include <sys/resource.h>

using namespace mica::net;

int main(int argc, char** argv) {
  auto count = static_cast<rlim_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const rlimit few{count, count};
  if (setrlimit(RLIMIT_NOFILE, &few) != 0)
    return 2;
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  config.set("scheduler.max-threads", size_t{1});
  caf::actor_system system{config};
  listener_options options;
  options.address = "127.0.0.1:0";
  options.handler = std::make_shared<mica::test::scripted_handler>();
  auto listener = spawn_listener(system, std::move(options));
  uint64_t pauses = 0;
  {
    caf::scoped_actor self{system};
    self->request(listener, caf::infinite, listen_atom::value)
        .receive([](const std::string& bound) { std::cout << bound << std::endl; },
                 [](const caf::error&) { std::exit(3); });
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (pauses == 0 && std::chrono::steady_clock::now() < until)
      self->request(listener, caf::infinite, stats_atom::value)
          .receive([&](const listener_stats& x) { pauses = x.pauses; },
                   [](const caf::error&) { std::exit(3); });
    std::cout << (pauses > 0 ? "paused" : "not paused") << std::endl;
    while (std::cin.get() != EOF)
      ; // repeat
  }
  caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  return pauses > 0 ? 0 : 4;
}
