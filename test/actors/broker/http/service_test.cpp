#define CAF_SUITE http_broker_services

#include "actors/broker/event_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <set>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

// Services on the default broker, which is http.
struct fixture : event_fixture {
  service_options options() {
    auto result = event_fixture::options();
    result.broker = nullptr;
    return result;
  }

  std::unique_ptr<service> make(const std::string& name) {
    return std::make_unique<service>(name, options());
  }

  static void start(service& x) {
    auto ok = x.start();
    if (!ok)
      CAF_FAIL(to_string(ok.error()));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_broker_service_tests, fixture)

  CAF_TEST(an event of one service reaches the subscriber of another) {
    auto receiver = make("receiver");
    receiver->subscribe<Event>(
        "events", [to = log](event_context& x, const Event& event) {
          to->add(event.message() + ' ' + std::string{x.content_type()} + ' '
                  + std::string{x.headers().get_or("X-Own", "")} + ' '
                  + std::string{x.headers().get_or("Micro-From-Service", "")});
          return expected<void>{};
        });
    start(*receiver);
    auto sender = make("sender");
    for (auto type : {"application/protobuf", "application/json"}) {
      auto ok = publisher{*sender, "events"}.publish(
          make_test_event("hello"),
          {.headers = {{"X-Own", "own"}}, .content_type = type});
      CAF_CHECK(ok);
    }
    // It is answered when the subscriber is done.
    CAF_CHECK_EQUAL(log->items(),
                    (std::vector<std::string>{"hello application/protobuf own sender",
                                              "hello application/json own sender"}));
  }

  CAF_TEST(an event that fails comes again and is answered when it succeeds) {
    auto receiver = make("receiver");
    auto attempts = std::make_shared<std::atomic<int>>(0);
    receiver->subscribe<Event>(
        "events",
        [attempts](event_context&, const Event&) -> expected<void> {
          if (++*attempts < 3)
            return error{errc::internal, "not yet"};
          return {};
        },
        {.backoff = 1ms});
    start(*receiver);
    auto sender = make("sender");
    CAF_CHECK((publisher{*sender, "events"}.publish(make_test_event("x"))));
    CAF_CHECK_EQUAL(attempts->load(), 3);
  }

  CAF_TEST(a service that stops under load loses no event whose publish succeeded) {
    auto first = make("workers");
    auto second = make("workers");
    for (auto* x : {first.get(), second.get()}) {
      x->subscribe<Event>("events",
                          [to = log](event_context&, const Event& event) {
                            to->add(event.message());
                            return expected<void>{};
                          },
                          {.queue = "workers", .prefetch = 4});
      start(*x);
    }
    auto sender = make("sender");
    std::mutex mutex;
    std::set<std::string> published;
    std::atomic<size_t> failed{0};
    std::atomic<int> next{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        publisher to{*sender, "events"};
        while (!over) {
          auto name = std::to_string(next++);
          if (to.publish(make_test_event(name))) {
            std::lock_guard guard{mutex};
            published.insert(name);
          } else {
            ++failed;
          }
        }
      });
    auto reached = [&](size_t count) {
      while (log->items().size() < count && failed == 0)
        std::this_thread::yield();
    };
    reached(100);
    first->stop();
    reached(log->items().size() + 100);
    over = true;
    for (auto& x : threads)
      x.join();
    auto items = log->items();
    std::set<std::string> seen{items.begin(), items.end()};
    for (const auto& x : published)
      if (!seen.contains(x))
        CAF_ERROR("event " << x << " was lost");
    CAF_CHECK_EQUAL(failed.load(), 0u);
    CAF_CHECK(published.size() >= 200u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
