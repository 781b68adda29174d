#define CAF_SUITE nats_outbox

#include "broker/nats/outbox.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

namespace {

using namespace mica::broker::nats;
using namespace std::chrono_literals;

using mica::errc;

struct fixture {
  outbox box{{.events = 4, .bytes = 100, .in_flight = 2, .time = 5s}};
  time_point now{};

  mica::expected<void> add(const std::string& bytes) {
    auto x = std::make_shared<parcel>();
    x->bytes = bytes;
    return box.add(std::move(x), now);
  }

  std::string next() {
    auto x = box.next();
    return x ? x->bytes : "none";
  }

  static std::string bytes_of(const std::vector<parcel_ptr>& what) {
    std::string result;
    for (const auto& x : what)
      result += x->bytes;
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(nats_outbox_tests, fixture)

  CAF_TEST(parcels leave in the order they came) {
    CAF_CHECK(add("a") && add("b"));
    CAF_CHECK_EQUAL(next(), "a");
    CAF_CHECK_EQUAL(next(), "b");
    CAF_CHECK_EQUAL(next(), "none");
  }

  CAF_TEST(no more are in flight than may be) {
    CAF_CHECK(add("a") && add("b") && add("c"));
    next();
    next();
    CAF_CHECK(box.window_full());
    CAF_CHECK_EQUAL(next(), "none");
    CAF_CHECK(box.settle(1));
    CAF_CHECK_EQUAL(next(), "c");
  }

  CAF_TEST(one too many is refused by the name of the limit) {
    CAF_CHECK(add("a") && add("b") && add("c") && add("d"));
    auto x = add("e");
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::overloaded);
    CAF_CHECK(x.error().detail.find("waiting_events") != std::string::npos);
    CAF_CHECK(box.settle(2));
    CAF_CHECK(add("e"));
  }

  CAF_TEST(too many bytes are refused and one that never fits too) {
    CAF_CHECK(add(std::string(60, 'a')));
    auto x = add(std::string(41, 'b'));
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::overloaded);
    CAF_CHECK(x.error().detail.find("waiting_bytes") != std::string::npos);
    CAF_CHECK(add(std::string(40, 'b')));
    auto y = add(std::string(101, 'c'));
    CAF_REQUIRE(!y);
    CAF_CHECK(y.error().reason == errc::limit_exceeded);
    box.take_all();
    CAF_CHECK(add(std::string(100, 'd')));
  }

  CAF_TEST(a parcel is settled once) {
    CAF_CHECK(add("a") && add("b"));
    next();
    CAF_CHECK(box.settle(1));
    CAF_CHECK(!box.settle(1));
    CAF_CHECK(!box.settle(0));
    CAF_CHECK(!box.settle(77));
    CAF_CHECK_EQUAL(box.size(), 1u);
    CAF_CHECK_EQUAL(box.in_flight(), 0u);
  }

  CAF_TEST(settling through a number leaves what is behind it) {
    CAF_CHECK(add("a") && add("b") && add("c"));
    next();
    next();
    CAF_CHECK_EQUAL(bytes_of(box.settle_through(2)), "ab");
    CAF_CHECK_EQUAL(box.in_flight(), 0u);
    CAF_CHECK_EQUAL(next(), "c");
  }

  CAF_TEST(what was sent is sent again in its order) {
    CAF_CHECK(add("a") && add("b") && add("c"));
    next();
    next();
    box.settle(1);
    box.rewind();
    CAF_CHECK_EQUAL(box.in_flight(), 0u);
    CAF_CHECK_EQUAL(next(), "b");
    CAF_CHECK_EQUAL(next(), "c");
    CAF_CHECK_EQUAL(next(), "none");
  }

  CAF_TEST(taking what was sent leaves what waits) {
    CAF_CHECK(add("a") && add("b"));
    next();
    CAF_CHECK_EQUAL(bytes_of(box.take_sent()), "a");
    CAF_CHECK_EQUAL(next(), "b");
  }

  CAF_TEST(a parcel expires when its time is over and not before) {
    CAF_CHECK(!box.deadline());
    CAF_CHECK(add("a"));
    now += 2s;
    CAF_CHECK(add("b"));
    CAF_CHECK(*box.deadline() == time_point{} + 5s);
    CAF_CHECK(box.expire(time_point{} + 5s - 1ns).empty());
    CAF_CHECK_EQUAL(bytes_of(box.expire(time_point{} + 5s)), "a");
    CAF_CHECK(*box.deadline() == time_point{} + 7s);
    CAF_CHECK_EQUAL(bytes_of(box.expire(time_point{} + 7s)), "b");
    CAF_CHECK(box.empty());
  }

  CAF_TEST(a thousand parcels settled backwards leave nothing) {
    outbox large{{.events = 1'000, .bytes = 10'000, .in_flight = 1'000, .time = 5s}};
    for (auto round = 0; round < 3; ++round) {
      std::vector<uint64_t> numbers;
      for (auto i = 0; i < 1'000; ++i) {
        auto x = std::make_shared<parcel>();
        x->bytes = "x";
        CAF_REQUIRE(large.add(x, now));
        numbers.push_back(large.next()->number);
      }
      for (auto i = numbers.rbegin(); i != numbers.rend(); ++i)
        CAF_CHECK(large.settle(*i));
      CAF_CHECK(large.empty());
      CAF_CHECK_EQUAL(large.in_flight(), 0u);
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
