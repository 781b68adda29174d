#define CAF_SUITE lanes

#include "service_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// Which threads have called a handler.
struct thread_probe {
  std::mutex mtx;
  std::set<std::thread::id> threads;
  std::atomic<int> objects{0};
};

/// Answers `say` with the number of its object.
class counting_echo : public echo {
public:
  counting_echo(std::shared_ptr<thread_probe> threads,
                std::shared_ptr<echo_probe> probe, service* via)
    : echo(std::move(probe), via),
      threads_(std::move(threads)),
      number_(++threads_->objects) {
    // nop
  }

  reply<Text> say(context&, const Text&) override {
    std::lock_guard guard{threads_->mtx};
    threads_->threads.insert(std::this_thread::get_id());
    return text(std::to_string(number_));
  }

private:
  std::shared_ptr<thread_probe> threads_;
  int number_;
};

constexpr int callers = 48;

struct fixture : service_fixture {
  fixture() {
    auto what = options();
    what.address.clear();
    caller = std::make_unique<service>("caller", what);
  }

  void serve(placement where, size_t lanes = 2) {
    auto what = options();
    what.lanes = lanes;
    server = std::make_unique<service>("echo", std::move(what));
    server->handle<counting_echo>({.placement = where}, threads, probe, server.get());
    CAF_REQUIRE(server->start());
  }

  /// Calls from so many connections that both lanes get some (all on one: 1 in 2^47);
  /// returns the answers.
  std::set<std::string> call_from_many() {
    std::vector<std::unique_ptr<service>> clients;
    std::set<std::string> result;
    for (int i = 0; i < callers; ++i) {
      auto what = options();
      what.address.clear();
      clients.push_back(
          std::make_unique<service>("caller-" + std::to_string(i), std::move(what)));
      auto response = echo_client{*clients.back(), "echo"}.say(text("x"));
      result.insert(response ? response->text() : to_string(response.error()));
    }
    return result;
  }

  std::shared_ptr<thread_probe> threads = std::make_shared<thread_probe>();
  std::unique_ptr<service> server;
  std::unique_ptr<service> caller;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(lanes_tests, fixture)

  CAF_TEST(each lane has an object of its own and calls it on its own thread) {
    serve(lane);
    CAF_CHECK_EQUAL(threads->objects.load(), 2);
    auto answers = call_from_many();
    CAF_CHECK((answers == std::set<std::string>{"1", "2"}));
    CAF_CHECK_EQUAL(threads->threads.size(), 2u);
    server.reset();
    CAF_CHECK_EQUAL(probe->destroyed.load(), 2);
  }

  CAF_TEST(a handler on a worker serves all lanes) {
    serve(worker);
    auto answers = call_from_many();
    CAF_CHECK((answers == std::set<std::string>{"1"}));
    CAF_CHECK_EQUAL(threads->objects.load(), 1);
  }

  CAF_TEST(a handler on a lane calls others and answers later) {
    serve(lane);
    for (int i = 0; i < callers / 4; ++i) {
      auto what = options();
      what.address.clear();
      service client{"client", what};
      auto relayed = echo_client{client, "echo"}.relay(text("echo"));
      CAF_REQUIRE(relayed);
      CAF_CHECK(relayed->text() == "1" || relayed->text() == "2");
      auto later = echo_client{client, "echo"}.later(text("later"));
      CAF_CHECK_EQUAL(later ? later->text() : to_string(later.error()), "later");
    }
  }

  CAF_TEST(a stop waits for the calls of every lane) {
    serve(lane);
    std::vector<std::unique_ptr<service>> clients;
    std::vector<std::future<bool>> answers;
    for (int i = 0; i < 8; ++i) {
      auto what = options();
      what.address.clear();
      clients.push_back(std::make_unique<service>("caller", what));
      answers.push_back(std::async(std::launch::async, [client = clients.back().get()] {
        // Until it can't be called any more: what was accepted is answered.
        for (;;) {
          auto response = echo_client{*client, "echo"}.later(text("x"));
          if (!response)
            return response.error().reason != errc::connection_lost;
        }
      }));
    }
    for (int i = 0; i < 50; ++i)
      CAF_CHECK(echo_client{*caller, "echo"}.say(text("x")));
    server->stop();
    for (auto& x : answers)
      CAF_CHECK(x.get());
    server.reset();
    CAF_CHECK_EQUAL(probe->destroyed.load(), 2);
  }

  CAF_TEST(a call that is never answered does not keep a stopped lane) {
    serve(lane);
    std::vector<std::unique_ptr<service>> clients;
    for (int i = 0; i < 8; ++i) {
      auto what = options();
      what.address.clear();
      clients.push_back(std::make_unique<service>("caller", what));
      auto response = echo_client{*clients.back(), "echo"}.never(
          text("x"), {.deadline = 50ms, .retries = 0});
      CAF_CHECK(!response);
    }
    server.reset();
    CAF_CHECK_EQUAL(probe->destroyed.load(), 2);
  }

  CAF_TEST(lanes are one to sixty four and on a port) {
    for (auto count : {size_t{0}, size_t{65}}) {
      auto what = options();
      what.lanes = count;
      auto bad = make("echo", {}, std::move(what));
      auto ok = bad->start();
      CAF_REQUIRE(!ok);
      CAF_CHECK_EQUAL(ok.error().reason, errc::invalid_argument);
    }
    auto what = options();
    what.lanes = 2;
    what.address = "unix:/tmp/mica-lanes-never-made";
    auto bad = make("echo", {}, std::move(what));
    auto ok = bad->start();
    CAF_REQUIRE(!ok);
    CAF_CHECK(ok.error().detail.find("a Unix socket has one listener")
              != std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
