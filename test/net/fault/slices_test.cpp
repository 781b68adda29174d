#define CAF_SUITE fault_slices

#include "net/io/live.hpp"

#include "mica/net/fault.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

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

  /// Calls on the lane, waits here.
  std::vector<std::string> call(size_t count, std::string body) {
    struct shared {
      std::mutex mtx;
      std::condition_variable changed;
      std::vector<std::string> answers;
    };
    auto results = std::make_shared<shared>();
    auto until = std::chrono::steady_clock::now() + patience;
    system.sys.middleman().backend().post([=, this] {
      for (size_t i = 0; i < count; ++i) {
        http_request what;
        what.method = "POST";
        what.target = "/" + std::to_string(i);
        what.fields.add("Host", "x");
        what.body = body;
        pool.direct->exchange(
            where, std::move(what), until, [results](expected<http_response> x) {
              std::lock_guard guard{results->mtx};
              results->answers.push_back(x ? x->body : to_string(x.error()));
              results->changed.notify_all();
            });
      }
    });
    std::unique_lock guard{results->mtx};
    results->changed.wait_until(guard, until + 1s,
                                [&] { return results->answers.size() == count; });
    return results->answers;
  }

  void check(size_t count, const std::string& body) {
    auto answers = call(count, body);
    CAF_REQUIRE_EQUAL(answers.size(), count);
    std::sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) {
      return std::stoul(a.substr(1)) < std::stoul(b.substr(1));
    });
    for (size_t i = 0; i < count; ++i)
      CAF_CHECK_EQUAL(answers[i], "/" + std::to_string(i) + body);
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
