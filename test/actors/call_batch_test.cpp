#define CAF_SUITE call_batch

#include "server/dispatcher.hpp"

#include "echo_service.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/net/init_actor.hpp"
#include "support/deterministic_system.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/io/network/test_multiplexer.hpp>
#include <caf/test/unit_test.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace mica;
using namespace mica::detail;
using namespace mica::test;

namespace {

// A shell that notes what comes: how many calls, or 0 for an abandoned one.
struct fixture : deterministic_system {
  fixture()
    : deterministic_system([](caf::actor_system_config&) {}),
      lane(&sys),
      env(std::make_shared<server_environment>()),
      dispatch(std::make_shared<dispatcher>(env)) {
    env->service = "echo";
    env->now = [] { return time_point{}; };
    shell_ref shell;
    shell.actor = sys.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      net::init_actor(self);
      return {
          [this](const pending_call_ptr&) { messages.push_back(1); },
          [this](const call_batch& x) { messages.push_back(x.calls.size()); },
          [this](const abandoned_call&) { messages.push_back(0); },
      };
    });
    shell.core = std::make_shared<handler_core>(
        [this] { return std::make_unique<echo>(probe, nullptr); },
        std::vector<handler_wrapper>{}, env);
    shell.waiting = std::make_shared<std::atomic<size_t>>(0);
    shell.max_waiting = 1000;
    actor = shell.actor;
    CAF_REQUIRE(dispatch->add(shell, false));
    run();
  }

  ~fixture() {
    self->send_exit(actor, caf::exit_reason::user_shutdown);
    run();
  }

  void call() {
    http_request request;
    request.method = "POST";
    request.target = "/mica.test.Echo/Say";
    request.major_version = 2;
    request.fields = {{"content-type", "application/grpc"}};
    auto begin = grpc::begin_message(request.body);
    CAF_REQUIRE(grpc::end_message(request.body, begin));
    CAF_REQUIRE(!dispatch->on_request(std::move(request), {}, {}).has_value());
  }

  // What the shell got so far.
  std::vector<size_t> got() {
    run();
    return messages;
  }

  caf::io::network::test_multiplexer lane;
  std::shared_ptr<echo_probe> probe = std::make_shared<echo_probe>();
  std::shared_ptr<server_environment> env;
  std::shared_ptr<dispatcher> dispatch;
  caf::actor actor;
  std::vector<size_t> messages;
};

using numbers = std::vector<size_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(call_batch_tests, fixture)

  CAF_TEST(calls of one round of the lane reach their shell together) {
    dispatch->use_lane(lane);
    for (int i = 0; i < 5; ++i)
      call();
    CAF_CHECK(got().empty());
    lane.flush_runnables();
    CAF_CHECK(got() == numbers{5});
    call();
    lane.flush_runnables();
    CAF_CHECK(got() == (numbers{5, 1}));
  }

  CAF_TEST(a shell gets 32 calls at most before the round is over) {
    dispatch->use_lane(lane);
    for (int i = 0; i < 70; ++i)
      call();
    CAF_CHECK(got() == (numbers{32, 32}));
    lane.flush_runnables();
    CAF_CHECK(got() == (numbers{32, 32, 6}));
  }

  CAF_TEST(a shell hears that a call is abandoned after the call itself) {
    dispatch->use_lane(lane);
    call();
    call();
    dispatch->on_abandoned({});
    CAF_CHECK(got() == (numbers{2, 0}));
    lane.flush_runnables();
    CAF_CHECK(got() == (numbers{2, 0}));
  }

  CAF_TEST(without a lane each call goes at once) {
    call();
    call();
    CAF_CHECK(got() == (numbers{1, 1}));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
