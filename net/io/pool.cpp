#include "mica/net/pool.hpp"

#include "io/lane_atoms.hpp"
#include "io/pool_core.hpp"

#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_response_promise.hpp>

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

/// Answers whoever asked by message. The only holder of its promise: what is dropped
/// answers with a failure, because CAF 0.17 leaves the requester of a lost promise
/// waiting for ever.
class asker {
public:
  using promise_type = caf::typed_response_promise<http_response>;

  explicit asker(promise_type promise) : promise_(std::move(promise)) {
    // nop
  }
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  ~asker() {
    if (promise_.pending())
      promise_.deliver(to_caf({errc::internal, "the exchange was dropped"}));
  }

  void answer(expected<http_response> outcome) {
    if (outcome)
      promise_.deliver(std::move(*outcome));
    else
      promise_.deliver(to_caf(std::move(outcome.error())));
  }

private:
  promise_type promise_;
};

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
        [this](exchange_atom, std::string& address, http_request& request,
               time_point deadline) -> caf::result<http_response> {
          auto promise = make_response_promise<http_response>();
          core_->exchange(
              {std::move(address)}, std::move(request), deadline,
              [who = std::make_shared<asker>(promise)](expected<http_response> x) {
                who->answer(std::move(x));
              });
          return promise;
        },
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
