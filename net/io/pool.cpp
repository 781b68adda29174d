#include "mica/net/pool.hpp"

#include "io/lane_atoms.hpp"
#include "io/pool_core.hpp"

#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <memory>
#include <utility>

namespace mica::net {

namespace {

/// From the resolver's threads.
struct resolved_name {
  std::string host;
  name_cache::answer found;
};

} // namespace

} // namespace mica::net

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::resolved_name)

namespace mica::net {

namespace {

/// Lends a pool its timer and its mailbox.
class pool_keeper : public in_io_thread<caf::event_based_actor> {
public:
  pool_keeper(caf::actor_config& cfg, std::shared_ptr<pool_core> core)
    : in_io_thread(cfg),
      core_(std::move(core)) {
    // nop
  }

  const char* name() const override {
    return "pool";
  }

  caf::behavior make_behavior() override {
    init_actor(this);
    core_->use({[this](time_point when, time_point now) {
                  delayed_send(this, when - now, sweep_atom::value, when);
                },
                [this] { anon_send(caf::actor{this}, end_atom::value); },
                std::make_unique<resolver>(
                    [self = caf::actor_cast<caf::actor_addr>(this)](
                        const std::string& host, name_cache::answer found) {
                      if (auto strong = caf::actor_cast<caf::actor>(self))
                        caf::anon_send(strong, resolved_name{host, std::move(found)});
                    })});
    return {
        [this](sweep_atom, time_point planned) {
          core_->sweep(planned, clock().now());
        },
        [this](resolved_name& x) { core_->resolved(x.host, std::move(x.found)); },
        [this](drain_atom) { core_->drain(); },
        [this](end_atom) { quit(); },
    };
  }

  void on_exit() override {
    core_->shut_down();
  }

private:
  const std::shared_ptr<pool_core> core_;
};

} // namespace

pool_ref spawn_pool(caf::actor_system& system, pool_options options) {
  auto core = std::make_shared<pool_core>(system, std::move(options));
  return {caf::actor_cast<pool_actor>(system.spawn<pool_keeper>(core)), core};
}

} // namespace mica::net
