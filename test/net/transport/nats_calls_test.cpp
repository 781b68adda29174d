#define CAF_SUITE nats_calls

#include "nats/nats_pool.hpp"

#include <caf/test/unit_test.hpp>

#include <optional>
#include <vector>

using namespace mica;
using namespace mica::net;
using namespace std::chrono_literals;

namespace {

struct fixture {
  fixture() : core({.calls = 2}, 1'000) {
    core.use(
        {[this](time_point when) { wanted.push_back(when); }, [this] { ++emptied; }});
  }

  uint64_t call(time_point deadline = time_point::max(),
                const std::string& to = "greeter",
                http_version version = http_version::http1) {
    return core.exchange({to, version}, {}, deadline,
                         [this](expected<http_response> x) {
                           ended.push_back(x ? errc::none : x.error().reason);
                         });
  }

  nats::calls core;
  std::vector<errc> ended;
  std::vector<time_point> wanted;
  int emptied = 0;
  time_point start;
};

errc only(const std::vector<errc>& from) {
  CAF_REQUIRE_EQUAL(from.size(), 1u);
  return from[0];
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(nats_calls_tests, fixture)

  CAF_TEST(calls wait for the connection up to their number) {
    call();
    call();
    CAF_CHECK(ended.empty());
    call();
    CAF_CHECK_EQUAL(only(ended), errc::overloaded);
  }

  CAF_TEST(a call without a connection fails exactly at its deadline) {
    call(start + 5s);
    CAF_REQUIRE_EQUAL(wanted.size(), 1u);
    CAF_CHECK(wanted[0] == start + 5s);
    core.sweep(start + 5s - 1ns);
    CAF_CHECK(ended.empty());
    core.sweep(start + 5s);
    CAF_CHECK_EQUAL(only(ended), errc::timeout);
  }

  CAF_TEST(an earlier deadline is asked for though a later one is) {
    call(start + 5s);
    call(start + 2s);
    CAF_REQUIRE_EQUAL(wanted.size(), 2u);
    core.sweep(start + 2s);
    CAF_CHECK_EQUAL(only(ended), errc::timeout);
    CAF_CHECK(wanted.back() == start + 5s);
  }

  CAF_TEST(a call that is given up hears nothing and leaves its place) {
    auto number = call();
    call();
    core.cancel(number);
    core.cancel(number);
    CAF_CHECK(ended.empty());
    call();
    CAF_CHECK(ended.empty());
  }

  CAF_TEST(a connection that can not be fails all calls with its reason) {
    call();
    core.opened(error{errc::invalid_argument, "an address that is none"}, {});
    CAF_CHECK_EQUAL(only(ended), errc::invalid_argument);
    call();
    CAF_CHECK_EQUAL(ended.size(), 2u);
    CAF_CHECK_EQUAL(ended.back(), errc::invalid_argument);
  }

  CAF_TEST(what is no subject of one service is refused) {
    for (auto* subject : {"", ".", "a..b", "a.", "a b", "a.*", ">"}) {
      ended.clear();
      call(time_point::max(), subject);
      CAF_CHECK_EQUAL(only(ended), errc::invalid_argument);
    }
  }

  CAF_TEST(gRPC is refused) {
    call(time_point::max(), "greeter", http_version::http2);
    CAF_CHECK_EQUAL(only(ended), errc::invalid_argument);
  }

  CAF_TEST(a drained pool ends with its last call and takes no other) {
    auto number = call();
    core.drain();
    CAF_CHECK_EQUAL(emptied, 0);
    call();
    CAF_CHECK_EQUAL(only(ended), errc::unavailable);
    core.cancel(number);
    CAF_CHECK_EQUAL(emptied, 1);
  }

  CAF_TEST(a pool that ends fails what is open) {
    call();
    core.shut_down();
    CAF_CHECK_EQUAL(only(ended), errc::unavailable);
  }

  CAF_TEST(answers to nobody are dropped) {
    core.take({});
    core.take({"x.1", {}, "{}", false});
    core.take({"99999999999999999999999", {}, "{}", true});
    CAF_CHECK(ended.empty());
  }

  CAF_TEST(subjects that are made look like addresses that no network routes) {
    for (int i = 0; i < 1'000; ++i) {
      auto subject = nats::make_subject();
      auto first = std::stoi(subject);
      CAF_CHECK(first >= 240 && first < 248);
      CAF_CHECK(nats::check_subject(subject));
      auto port = std::stoi(subject.substr(subject.find(':') + 1));
      CAF_CHECK(port >= 1 && port <= 65'535);
    }
  }

  CAF_TEST(users and passwords are not shown) {
    CAF_CHECK_EQUAL(nats::without_user("nats://me:secret@host:1"), "nats://host:1");
    CAF_CHECK_EQUAL(nats::without_user("me:s@cret@host"), "host");
    CAF_CHECK_EQUAL(nats::without_user("host:4222"), "host:4222");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
