// registry_change NAME ADDRESS CHANGES PAUSE: how long a change of one service takes to
// reach the client of another process: from the request to the snapshot that its front
// pushes. NAME is consul or etcd. Changes are PAUSE milliseconds apart; with 0 they
// follow at once, and meet the registries' own limit of reads of one service.

#include "mica/discovery/etcd.hpp"
#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace mica::discovery;
using namespace std::chrono_literals;

using std::chrono::steady_clock;

namespace {

/// What the client's watch saw last.
struct view {
  std::mutex mutex;
  std::condition_variable changed;
  bool there = false;

  /// False if it takes more than ten seconds.
  bool await(bool wanted) {
    std::unique_lock guard{mutex};
    return changed.wait_for(guard, 10s, [&] { return there == wanted; });
  }
};

watcher_actor::behavior_type watch(std::shared_ptr<view> to) {
  return {[to](const snapshot& x) {
    std::lock_guard guard{to->mutex};
    to->there = !x.versions.empty();
    to->changed.notify_all();
  }};
}

registry_actor spawn(caf::actor_system& system, const std::string& name,
                     const std::string& address) {
  if (name == "etcd") {
    etcd_options options;
    options.addresses = {address};
    return spawn_etcd_registry(system, options);
  }
  consul_options options;
  options.addresses = {address};
  return spawn_consul_registry(system, options);
}

int run(const std::string& name, const std::string& address, size_t changes,
        std::chrono::milliseconds pause) {
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  config.set("scheduler.policy", caf::atom("sharing"));
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  auto service = spawn(system, name, address);
  auto backend = spawn(system, name, address);
  auto client = spawn_registry(system, backend, {});
  service_record record{
      "bench-change", "1", {}, {}, {{"bench-change-1", "127.0.0.1:1", {}}}};
  auto seen = std::make_shared<view>();
  auto watcher = system.spawn(watch, seen);
  self->send(client, watch_atom::value, record.name, watcher);
  std::vector<double> times;
  auto failed = false;
  auto change = [&](bool there) {
    auto begin = steady_clock::now();
    auto pending = there ? self->request(service, 10s, register_atom::value, record,
                                         caf::timespan{60s})
                         : self->request(service, 10s, deregister_atom::value, record);
    if (!seen->await(there))
      failed = true;
    times.push_back(
        std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count());
    pending.receive([](caf::ok_atom) {},
                    [&](caf::error& x) {
                      std::cerr << mica::from_caf(x).detail << '\n';
                      failed = true;
                    });
  };
  // The first one opens connections.
  change(true);
  change(false);
  times.clear();
  while (!failed && times.size() < changes) {
    std::this_thread::sleep_for(pause);
    change(times.size() % 2 == 0);
  }
  for (const auto& x : {client, service, backend})
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  if (failed) {
    std::cerr << name << " at " << address << ": a change was not seen\n";
    return 1;
  }
  std::sort(times.begin(), times.end());
  std::cout << "change/" << name << " pause=" << pause.count()
            << "ms n=" << times.size() << " p50=" << times[times.size() / 2]
            << "ms p99=" << times[times.size() * 99 / 100] << "ms max=" << times.back()
            << "ms\n";
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::string name = argc > 1 ? argv[1] : "";
  auto changes = argc == 5 ? std::strtoul(argv[3], nullptr, 10) : 0;
  if ((name != "consul" && name != "etcd") || changes == 0) {
    std::cerr << "usage: registry_change consul|etcd ADDRESS CHANGES PAUSE\n";
    return 2;
  }
  return run(name, argv[2], changes,
             std::chrono::milliseconds{std::strtoul(argv[4], nullptr, 10)});
}
