#define CAF_SUITE fault_chaos

#include "net/io/lane_calls.hpp"

#include "mica/net/fault.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

constexpr size_t calls_at_once = 40;

struct fixture {
  ~fixture() {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
  }

  void start(uint64_t seed) {
    fault_odds odds;
    odds.delay = odds.slice = odds.reset = odds.half_close = 25;
    odds.drop = odds.corrupt = odds.refuse = 10;
    odds.within = 2000;
    odds.longest = 20ms;
    listener_options options;
    options.address = "127.0.0.1:0";
    options.handler = handler;
    options.sockets = faulty_sockets(nullptr, random_faults(seed, odds));
    server = spawn_listener(system.sys, std::move(options));
    where.address = system.ask<std::string>(server, listen_atom::value);
    pool_options more;
    more.sockets = faulty_sockets(nullptr, random_faults(seed + 1000, odds));
    pool = spawn_pool(system.sys, std::move(more));
  }

  /// Calls until each has an outcome; counts the good ones.
  size_t call_all() {
    std::vector<http_request> requests;
    for (size_t i = 0; i < calls_at_once; ++i)
      requests.push_back(post_request("/" + std::to_string(i), "-body"));
    size_t good = 0;
    lane_calls calls{system, pool, where, std::move(requests), 300ms};
    for (const auto& x : calls.wait()) {
      if (!x && x.error().detail == "no outcome")
        CAF_ERROR("a call was forgotten");
      good += x ? 1 : 0;
    }
    return good;
  }

  live_system system;
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  listener_actor server;
  pool_ref pool;
  target where;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(fault_chaos_tests, fixture)

  CAF_TEST(every HTTP1 call has its outcome whatever happens below) {
    start(1);
    size_t good = 0;
    for (int round = 0; round < 4; ++round)
      good += call_all();
    CAF_MESSAGE(good << " calls were answered");
    CAF_CHECK(good > 0);
    CAF_CHECK(good < 4 * calls_at_once);
  }

  CAF_TEST(every HTTP2 call has its outcome whatever happens below) {
    size_t good = 0;
    where.version = http_version::http2;
    start(2);
    for (int round = 0; round < 12; ++round)
      good += call_all();
    CAF_MESSAGE(good << " calls were answered");
    CAF_CHECK(good > 0);
    CAF_CHECK(good < 12 * calls_at_once);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
