#define CAF_SUITE gossip_registry_contract

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

using namespace std::chrono_literals;

namespace {

/// Two members: the second joins the first, whose port it learns from its notice.
struct gossip_world : mica::test::real_registry_world {
  gossip_world()
    : real_registry_world({.name = "gossip",
                           .settle = 10s,
                           .can = mica::discovery::gossip_capabilities,
                           .lease_slack = 5s}) {
    auto first = spawn({});
    use(first, spawn({seed}));
  }

  mica::discovery::registry_actor spawn(std::vector<std::string> seeds) {
    mica::discovery::gossip_options options;
    options.address = "127.0.0.1:0";
    options.addresses = std::move(seeds);
    // The first line, before anything else runs.
    if (seed.empty())
      options.notice = [this](const std::string& line) {
        std::string prefix = "gossip: listening on ";
        if (line.rfind(prefix, 0) == 0)
          seed = line.substr(prefix.size());
      };
    auto result = mica::discovery::spawn_gossip_registry(system(), options);
    if (!result)
      throw std::runtime_error(to_string(mica::from_caf(result.error())));
    return std::move(*result);
  }

  std::string seed;
};

} // namespace

#define MICA_REGISTRY_WORLD gossip_world
#include "contract/registry_contract.hpp"
