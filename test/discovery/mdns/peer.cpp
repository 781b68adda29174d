// A program with an mdns registry, for tests with several processes.
//
//   mdns-peer register SERVICE ID ADDRESS TTL_MS   prints `registered`; leaves when its
//                                                  input ends
//   mdns-peer find SERVICE                         prints `VERSION ID ADDRESS` for each
//                                                  node, `none` if there is none
//   mdns-peer list                                 prints each name
//   mdns-peer watch SERVICE                        prints each snapshot on a line;
//   leaves
//                                                  when its input ends

#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <iostream>
#include <string>

using namespace mica::discovery;

namespace {

void wait_for_end_of_input() {
  std::string line;
  while (std::getline(std::cin, line))
    ; // nop
}

std::string to_line(const snapshot& x) {
  std::string result;
  for (auto& version : x.versions)
    for (auto& node : version.nodes)
      result += (result.empty() ? "" : ", ") + version.version + ' ' + node.id + ' '
                + node.address;
  return result.empty() ? "none" : result;
}

watcher_actor::behavior_type printer(watcher_actor::pointer) {
  return {[](const snapshot& x) { std::cout << to_line(x) << std::endl; }};
}

int run(caf::actor_system& system, const registry_actor& registry,
        const std::vector<std::string>& args) {
  caf::scoped_actor self{system};
  int code = 0;
  auto fail = [&](caf::error& x) {
    auto failure = mica::from_caf(x);
    if (failure.reason == mica::errc::service_not_found) {
      std::cout << "none" << std::endl;
    } else {
      std::cerr << to_string(failure) << std::endl;
      code = 1;
    }
  };
  if (args[0] == "register") {
    service_record record{args.at(1), "latest", {}, {}, {{args.at(2), args.at(3), {}}}};
    caf::timespan ttl = std::chrono::milliseconds{std::stoi(args.at(4))};
    record.nodes[0].metadata = {{"protocol", "mucp"}};
    self->request(registry, caf::infinite, register_atom::value, record, ttl)
        .receive([](caf::ok_atom) { std::cout << "registered" << std::endl; }, fail);
    if (code == 0)
      wait_for_end_of_input();
  } else if (args[0] == "find") {
    self->request(registry, caf::infinite, lookup_atom::value, args.at(1))
        .receive([](const snapshot& x) { std::cout << to_line(x) << std::endl; }, fail);
  } else if (args[0] == "list") {
    self->request(registry, caf::infinite, list_atom::value)
        .receive(
            [](const std::vector<service_record>& xs) {
              for (auto& x : xs)
                std::cout << x.name << std::endl;
            },
            fail);
  } else if (args[0] == "watch") {
    auto watcher = system.spawn(printer);
    self->send(registry, watch_atom::value, args.at(1), watcher);
    wait_for_end_of_input();
    caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  } else {
    std::cerr << "mdns-peer: unknown verb " << args[0] << std::endl;
    code = 2;
  }
  return code;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "mdns-peer: say register, find, list or watch" << std::endl;
    return 2;
  }
  caf::actor_system_config config;
  // As mica's runtime does: idle workers sleep.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", size_t{2});
  caf::actor_system system{config};
  mdns_options options;
  options.interfaces = {"lo"};
  auto registry = spawn_mdns_registry(system, options);
  if (!registry) {
    std::cerr << to_string(mica::from_caf(registry.error())) << std::endl;
    return 1;
  }
  auto code = run(system, *registry, {argv + 1, argv + argc});
  caf::anon_send_exit(*registry, caf::exit_reason::user_shutdown);
  return code;
}
