#define CAF_SUITE fault_slices

#include "net/io/lane_calls.hpp"

#include "mica/net/fault.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

fault slices(fault::direction side, size_t size) {
  fault result;
  result.what = fault::kind::slice;
  result.side = side;
  result.size = size;
  return result;
}

fault_plan slices_of(size_t size) {
  return on_every_connection(
      {slices(fault::direction::in, size), slices(fault::direction::out, size)});
}

struct fixture {
  ~fixture() {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
  }

  /// Both ends behind faults.
  void start(const fault_plan& plan) {
    listener_options options;
    options.address = "127.0.0.1:0";
    options.handler = handler;
    options.sockets = faulty_sockets(nullptr, plan);
    server = spawn_listener(system.sys, std::move(options));
    where.address = system.ask<std::string>(server, listen_atom::value);
    pool_options more;
    more.sockets = faulty_sockets(nullptr, plan);
    pool = spawn_pool(system.sys, std::move(more));
  }

  void check(size_t count, const std::string& body) {
    auto outcomes = exchange_all(system, pool, where, count, body);
    for (size_t i = 0; i < count; ++i)
      CAF_CHECK_EQUAL(outcomes[i] ? outcomes[i]->body : to_string(outcomes[i].error()),
                      "/" + std::to_string(i) + body);
  }

  live_system system;
  std::shared_ptr<scripted_handler> handler = std::make_shared<scripted_handler>();
  listener_actor server;
  pool_ref pool;
  target where;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(fault_slices_tests, fixture)

  CAF_TEST(HTTP1 calls survive slices of one byte) {
    start(slices_of(1));
    check(3, "-body");
  }

  CAF_TEST(HTTP2 calls survive slices of one byte) {
    start(slices_of(1));
    where.version = http_version::http2;
    check(8, "-body");
  }

  CAF_TEST(large bodies survive slices of a few hundred bytes) {
    start(slices_of(777));
    where.version = http_version::http2;
    check(4, "-" + std::string(300'000, 'x'));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
