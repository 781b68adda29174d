#define CAF_SUITE delivery_core

#include "broker/delivery_core.hpp"

#include "fake_subscription.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;
using mica::detail::delivery_core;
using fate = delivery_core::fate;

namespace {

struct fixture {
  std::shared_ptr<fake_subscription> from = std::make_shared<fake_subscription>();
  detail::time_point now{1h};
  error why{errc::internal, "broken"};

  broker::delivery delivery(uint64_t tag, std::string topic = "events") {
    return {make_event(std::move(topic), "body"), tag, false, from};
  }

  // Fails what is due at once and returns the attempts that were made.
  static size_t attempts_until(delivery_core& core, broker::delivery what, fate last,
                               detail::time_point& clock, const error& why) {
    uint32_t attempt = 1;
    for (;;) {
      auto next = core.failed(std::move(what), attempt, why, false, clock);
      if (next.what == last)
        return attempt;
      CAF_REQUIRE(next.what == fate::again);
      auto due = core.next_due();
      CAF_REQUIRE(due);
      clock = *due;
      auto round = core.due(clock);
      CAF_REQUIRE_EQUAL(round.again.size(), 1u);
      what = std::move(round.again.front().what);
      attempt = round.again.front().attempt;
    }
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(delivery_core_tests, fixture)

  CAF_TEST(the time until the next attempt doubles up to its limit) {
    delivery_core core{{.backoff = 100ms, .max_backoff = 1s}};
    CAF_CHECK(core.backoff(1) == 100ms);
    CAF_CHECK(core.backoff(2) == 200ms);
    CAF_CHECK(core.backoff(4) == 800ms);
    CAF_CHECK(core.backoff(5) == 1s);
    CAF_CHECK(core.backoff(4'000'000'000) == 1s);
  }

  CAF_TEST(a failed event comes again when its time has come and not before) {
    delivery_core core{{.backoff = 100ms}};
    auto next = core.failed(delivery(7), 1, why, false, now);
    CAF_CHECK(next.what == fate::again);
    CAF_CHECK(*core.next_due() == now + 100ms);
    CAF_CHECK(core.due(now + 99ms).again.empty());
    CAF_CHECK_EQUAL(core.size(), 1u);
    auto round = core.due(now + 100ms);
    CAF_REQUIRE_EQUAL(round.again.size(), 1u);
    CAF_CHECK_EQUAL(round.again[0].attempt, 2u);
    CAF_CHECK_EQUAL(round.again[0].what.tag, 7u);
    CAF_CHECK_EQUAL(core.size(), 0u);
    CAF_CHECK_EQUAL(from->verdict_of(7), "open");
  }

  CAF_TEST(an event is delivered as often as the options say) {
    delivery_core core{{.deliveries = 3}};
    CAF_CHECK_EQUAL(attempts_until(core, delivery(1), fate::dropped, now, why), 3u);
    CAF_CHECK_EQUAL(from->verdict_of(1), "ack");
    CAF_CHECK_EQUAL(core.size(), 0u);
  }

  CAF_TEST(a dead letter is settled when its topic has it) {
    delivery_core core{{.deliveries = 2, .dead_letter = "dead"}};
    CAF_CHECK_EQUAL(attempts_until(core, delivery(1), fate::set_aside, now, why), 2u);
    CAF_CHECK_EQUAL(from->verdict_of(1), "open");
    CAF_CHECK_EQUAL(core.size(), 1u);
    const auto* letter = core.find(2);
    CAF_REQUIRE(letter != nullptr);
    CAF_CHECK_EQUAL(letter->attempt, 2u);
    core.set_aside_done(2);
    CAF_CHECK_EQUAL(from->verdict_of(1), "ack");
    CAF_CHECK(core.find(2) == nullptr);
  }

  CAF_TEST(a dead letter that nobody takes is tried again and not lost) {
    delivery_core core{{.max_backoff = 5s, .dead_letter = "dead"}};
    auto next = core.failed(delivery(1), 1, why, true, now);
    CAF_REQUIRE(next.what == fate::set_aside);
    for (auto i = 0; i < 3; ++i) {
      core.set_aside_failed(next.number, now);
      CAF_CHECK(core.due(now + 4s).aside.empty());
      now += 5s;
      CAF_CHECK(core.due(now).aside == std::vector<uint64_t>{next.number});
      CAF_CHECK_EQUAL(from->verdict_of(1), "open");
    }
    core.set_aside_done(next.number);
    CAF_CHECK_EQUAL(from->verdict_of(1), "ack");
  }

  CAF_TEST(what is hopeless is not tried again) {
    delivery_core core{{.deliveries = 5, .dead_letter = "dead"}};
    CAF_CHECK(core.failed(delivery(1), 1, why, true, now).what == fate::set_aside);
    delivery_core without{{.deliveries = 5}};
    CAF_CHECK(without.failed(delivery(2), 1, why, true, now).what == fate::dropped);
    CAF_CHECK_EQUAL(from->verdict_of(2), "ack");
  }

  CAF_TEST(a dead letter that can not be handled goes in no circle) {
    delivery_core core{{.dead_letter = "dead"}};
    auto next = core.failed(delivery(1, "dead"), 1, why, true, now);
    CAF_CHECK(next.what == fate::dropped);
  }

  CAF_TEST(what waits is given back and a dead letter on its way is not) {
    delivery_core core{{.deliveries = 2, .dead_letter = "dead"}};
    core.failed(delivery(1), 1, why, false, now);
    auto letter = core.failed(delivery(2), 2, why, false, now);
    auto failed_letter = core.failed(delivery(3), 2, why, false, now);
    core.set_aside_failed(failed_letter.number, now);
    CAF_CHECK_EQUAL(core.give_back_waiting(), 2u);
    CAF_CHECK_EQUAL(from->verdict_of(1), "back");
    CAF_CHECK_EQUAL(from->verdict_of(2), "open");
    CAF_CHECK_EQUAL(from->verdict_of(3), "back");
    CAF_CHECK(!core.next_due());
    core.set_aside_done(letter.number);
    CAF_CHECK_EQUAL(from->verdict_of(2), "ack");
    // Its end may come late.
    core.set_aside_done(failed_letter.number);
    core.set_aside_failed(failed_letter.number, now);
    CAF_CHECK(!core.next_due());
  }

  CAF_TEST(everything can be given back) {
    delivery_core core{{.deliveries = 2, .dead_letter = "dead"}};
    core.failed(delivery(1), 1, why, false, now);
    core.failed(delivery(2), 2, why, false, now);
    CAF_CHECK_EQUAL(core.give_back_all(), 2u);
    CAF_CHECK_EQUAL(from->verdict_of(1), "back");
    CAF_CHECK_EQUAL(from->verdict_of(2), "back");
    CAF_CHECK_EQUAL(core.size(), 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
