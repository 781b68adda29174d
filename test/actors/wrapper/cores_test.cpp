#define CAF_SUITE wrapper_cores

#include "wrapper/breaker.hpp"
#include "wrapper/line_text.hpp"
#include "wrapper/slots.hpp"
#include "wrapper/token_bucket.hpp"
#include "wrapper/trace_ids.hpp"

#include <string>
#include <vector>

#include <caf/test/dsl.hpp>

using namespace mica;
using namespace mica::detail;
using namespace std::chrono_literals;

namespace {

const error broken{errc::internal, "broken"};

struct fixture {
  fixture() {
    how.now = [this] { return now; };
    how.on_change = [this](std::string_view name, circuit_state x) {
      changes.push_back(std::string{name} + " " + std::string{to_string(x)});
    };
  }

  // One call of `name`; false if it was not let through.
  bool call(breakers& at, const error& outcome, std::string_view name = "a") {
    auto x = at.ask(name);
    if (x.pass)
      at.record(name, *x.pass, outcome);
    return x.pass.has_value();
  }

  breaker_time now = breaker_time{} + 1h;
  breaker_options how;
  std::vector<std::string> changes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(wrapper_core_tests, fixture)

  // -- circuit breaker ---------------------------------------------------------------

  CAF_TEST(failures in a row open a circuit and a probe closes it) {
    breakers all{how};
    for (int i = 0; i < 4; ++i)
      CAF_CHECK(call(all, broken));
    CAF_CHECK(call(all, {}));
    for (int i = 0; i < 5; ++i)
      CAF_CHECK(call(all, broken));
    CAF_CHECK(all.state("a") == circuit_state::open);
    CAF_CHECK(!call(all, {}));
    CAF_CHECK(all.ask("a").wait == 5s);
    now += 5s;
    auto probe = all.ask("a");
    CAF_REQUIRE(probe.pass);
    CAF_CHECK(!all.ask("a").pass);
    all.record("a", *probe.pass, {});
    CAF_CHECK(all.state("a") == circuit_state::closed);
    CAF_CHECK_EQUAL(changes,
                    (std::vector<std::string>{"a open", "a half-open", "a closed"}));
  }

  CAF_TEST(a probe that fails opens the circuit again) {
    breakers all{how};
    while (call(all, broken))
      ; // nop
    now += 5s;
    CAF_CHECK(call(all, broken));
    CAF_CHECK(all.state("a") == circuit_state::open);
    now += 4999ms;
    CAF_CHECK(!call(all, {}));
    now += 1ms;
    CAF_CHECK(call(all, {}));
    CAF_CHECK(all.state("a") == circuit_state::closed);
  }

  CAF_TEST(several probes have to succeed if so many were asked for) {
    how.probes = 2;
    breakers all{how};
    while (call(all, broken))
      ; // nop
    now += 5s;
    auto one = all.ask("a");
    auto two = all.ask("a");
    CAF_REQUIRE(one.pass);
    CAF_REQUIRE(two.pass);
    CAF_CHECK(!all.ask("a").pass);
    all.record("a", *one.pass, {});
    CAF_CHECK(all.state("a") == circuit_state::half_open);
    all.record("a", *two.pass, {});
    CAF_CHECK(all.state("a") == circuit_state::closed);
  }

  CAF_TEST(a probe without an outcome does not keep a circuit from closing) {
    breakers all{how};
    while (call(all, broken))
      ; // nop
    now += 5s;
    CAF_CHECK(all.ask("a").pass);
    now += 4s;
    CAF_CHECK(!all.ask("a").pass);
    now += 1s;
    CAF_CHECK(call(all, {}));
    CAF_CHECK(all.state("a") == circuit_state::closed);
  }

  CAF_TEST(a part of many calls opens a circuit and a window forgets them) {
    how.failures_in_a_row = 1000;
    how.window_calls = 10;
    breakers all{how};
    // 4 of 8, then the window ends.
    for (int i = 0; i < 8; ++i)
      CAF_CHECK(call(all, i % 2 ? broken : error{}));
    now += 10s;
    for (int i = 0; i < 9; ++i)
      CAF_CHECK(call(all, i % 2 ? error{} : broken));
    CAF_CHECK(all.state("a") == circuit_state::closed);
    CAF_CHECK(call(all, broken));
    CAF_CHECK(all.state("a") == circuit_state::open);
  }

  CAF_TEST(what is wrong with a request opens no circuit) {
    breakers all{how};
    for (int i = 0; i < 50; ++i) {
      CAF_CHECK(call(all, {errc::invalid_argument, "no name"}));
      CAF_CHECK(call(all, {errc::cancelled, "left"}));
      CAF_CHECK(call(all, error{429, "slower"}));
    }
    for (int i = 0; i < 5; ++i)
      CAF_CHECK(call(all, {errc::timeout, "late"}));
    CAF_CHECK(!call(all, {}));
  }

  CAF_TEST(calls that began before a circuit opened do not count behind it) {
    breakers all{how};
    auto early = all.ask("a");
    while (call(all, broken))
      ; // nop
    now += 5s;
    auto probe = all.ask("a");
    all.record("a", *early.pass, broken);
    CAF_CHECK(all.state("a") == circuit_state::half_open);
    all.record("a", *probe.pass, {});
    CAF_CHECK(all.state("a") == circuit_state::closed);
  }

  CAF_TEST(the circuit that is idle longest is forgotten) {
    how.circuits = 2;
    breakers all{how};
    while (call(all, broken, "a"))
      ; // nop
    now += 1s;
    while (call(all, broken, "b"))
      ; // nop
    now += 1s;
    CAF_CHECK(call(all, {}, "c"));
    CAF_CHECK(all.state("a") == circuit_state::closed);
    CAF_CHECK(all.state("b") == circuit_state::open);
  }

  // -- token bucket ------------------------------------------------------------------

  CAF_TEST(a bucket gives its burst and then its rate) {
    token_bucket bucket{10, 3, now};
    for (int i = 0; i < 3; ++i)
      CAF_CHECK(bucket.take(now));
    CAF_CHECK(!bucket.take(now));
    CAF_CHECK(bucket.wait() == 100ms);
    CAF_CHECK(!bucket.take(now + 99ms));
    CAF_CHECK(bucket.take(now + 100ms));
    // Never more than the burst, and time does not run backwards.
    CAF_CHECK(!bucket.take(now));
    for (int i = 0; i < 3; ++i)
      CAF_CHECK(bucket.take(now + 1h));
    CAF_CHECK(!bucket.take(now + 1h));
  }

  // -- slots -------------------------------------------------------------------------

  CAF_TEST(who waits goes in order and the line is bounded) {
    using verdict = slots::verdict;
    slots places{2, 2};
    std::vector<int> went;
    auto number = [&](int i) {
      return [&went, i] {
        went.push_back(i);
        return true;
      };
    };
    CAF_CHECK(places.ask() == verdict::enter);
    CAF_CHECK(places.ask() == verdict::enter);
    CAF_CHECK(places.ask(false) == verdict::refuse);
    CAF_CHECK(places.ask() == verdict::wait);
    CAF_CHECK(places.ask() == verdict::wait);
    CAF_CHECK(places.ask() == verdict::refuse);
    places.wait(number(1));
    places.wait(number(2));
    CAF_CHECK(went.empty());
    places.leave();
    CAF_CHECK_EQUAL(went, (std::vector<int>{1}));
    places.leave();
    CAF_CHECK_EQUAL(went, (std::vector<int>{1, 2}));
    CAF_CHECK_EQUAL(places.taken(), 2u);
    places.leave();
    places.leave();
    CAF_CHECK_EQUAL(places.taken(), 0u);
  }

  CAF_TEST(who is gone leaves its place to the next) {
    slots places{1, 5};
    places.ask();
    int went = 0;
    for (int i = 0; i < 3; ++i)
      places.ask();
    places.wait([] { return false; });
    places.wait([&] { return ++went > 0; });
    places.wait([] { return false; });
    places.leave();
    CAF_CHECK_EQUAL(went, 1);
    CAF_CHECK_EQUAL(places.taken(), 1u);
    places.leave();
    CAF_CHECK_EQUAL(places.taken(), 0u);
  }

  CAF_TEST(a long line of what ends at once needs no deep stack) {
    constexpr size_t many = 200'000;
    slots places{1, many};
    places.ask();
    size_t went = 0;
    for (size_t i = 0; i < many; ++i) {
      places.ask();
      places.wait([&] {
        ++went;
        places.leave();
        return true;
      });
    }
    places.leave();
    CAF_CHECK_EQUAL(went, many);
    CAF_CHECK_EQUAL(places.taken(), 0u);
  }

  // -- trace ids ---------------------------------------------------------------------

  // The examples of W3C Trace Context.
  CAF_TEST(traceparent is read as its specification says) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    auto x = parse_traceparent(good);
    CAF_REQUIRE(x);
    CAF_CHECK_EQUAL(to_hex(x->trace_id), "4bf92f3577b34da6a3ce929d0e0e4736");
    CAF_CHECK_EQUAL(to_hex(x->span_id), "00f067aa0ba902b7");
    CAF_CHECK(x->sampled());
    CAF_CHECK_EQUAL(to_traceparent(*x), good);
    // A later version may say more; what we write is version 00.
    auto later = parse_traceparent("cc" + good.substr(2) + "-what-the-future-brings");
    CAF_REQUIRE(later);
    CAF_CHECK_EQUAL(to_traceparent(*later), good);
    for (const auto& bad : std::vector<std::string>{
             "", "00", good.substr(0, 54), good + "-more", good + "x",
             "ff" + good.substr(2), "0G" + good.substr(2),
             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
             "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
             "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
             "cc" + good.substr(2) + "x"})
      CAF_CHECK(!parse_traceparent(bad));
  }

  CAF_TEST(go micros ids keep their digits) {
    auto x = parse_micro_trace("1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52",
                               "A0000000-0000-4000-8000-00000000000b");
    CAF_REQUIRE(x);
    CAF_CHECK_EQUAL(to_hex(x->trace_id), "1c2f0a5e8a4e4f0e9d3b3f6f6d1c8b52");
    CAF_CHECK_EQUAL(to_uuid(x->trace_id), "1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52");
    CAF_CHECK_EQUAL(to_hex(x->span_id), "a000000000004000");
    // Other names are hashed, each to the same.
    auto other = parse_micro_trace("order 66", "");
    CAF_REQUIRE(other);
    CAF_CHECK(other->trace_id == parse_micro_trace("order 66", "x")->trace_id);
    CAF_CHECK(other->trace_id != parse_micro_trace("order 67", "")->trace_id);
    CAF_CHECK_EQUAL(other->micro_trace, "order 66");
    CAF_CHECK(!parse_micro_trace("", "x"));
    CAF_CHECK(!parse_micro_trace(std::string(1000, 'x'), ""));
  }

  CAF_TEST(a trace is written in both forms and read again) {
    metadata fields{
        {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
        {"tracestate", "a=1"},
        {"Tracestate", "b=2"},
        {"Micro-Parent-Id", "old"}};
    auto x = read_trace(fields);
    CAF_REQUIRE(x);
    CAF_CHECK_EQUAL(x->state, "a=1,b=2");
    write_trace(*x, {}, fields);
    CAF_CHECK_EQUAL(fields.get_or("tracestate", ""), "a=1,b=2");
    CAF_CHECK_EQUAL(fields.get_or("micro-trace-id", ""),
                    "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
    CAF_CHECK_EQUAL(fields.get_or("micro-span-id", ""), "00f067aa0ba902b7");
    CAF_CHECK(!fields.contains("micro-parent-id"));
    write_trace(*x, {1, 2, 3, 4, 5, 6, 7, 8}, fields);
    CAF_CHECK_EQUAL(fields.get_or("micro-parent-id", ""), "0102030405060708");
    // Too long: dropped, as the specification allows.
    fields.set("tracestate", std::string(600, 'x'));
    CAF_CHECK(read_trace(fields)->state.empty());
    CAF_CHECK(!read_trace(metadata{}));
  }

  CAF_TEST(a ratio samples that part of the traces and the same everywhere) {
    int sampled = 0;
    for (int i = 0; i < 2000; ++i) {
      std::array<uint8_t, 16> id;
      fill_random(id.data(), id.size());
      CAF_CHECK(sampled_by_ratio(id, 1));
      CAF_CHECK(!sampled_by_ratio(id, 0));
      sampled += sampled_by_ratio(id, 0.25);
      CAF_CHECK_EQUAL(sampled_by_ratio(id, 0.25), sampled_by_ratio(id, 0.25));
    }
    // Eight standard deviations.
    CAF_CHECK(sampled > 500 - 160);
    CAF_CHECK(sampled < 500 + 160);
  }

  // -- texts -------------------------------------------------------------------------

  CAF_TEST(texts of others are cut between characters and break no line) {
    CAF_CHECK_EQUAL(line_text("short", 10), "short");
    CAF_CHECK_EQUAL(line_text("a\nb\x01\x7f", 10), "a b  ");
    CAF_CHECK_EQUAL(line_text("1234567890x", 10), "1234567890...");
    CAF_CHECK_EQUAL(line_text("a\xc3\xa4", 2), "a...");
    CAF_CHECK_EQUAL(line_text("a\xc3\xa4", 3), "a\xc3\xa4");
    CAF_CHECK_EQUAL(line_text("abc", 0), "...");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
