#define CAF_SUITE call_wrapper

#include "attempts_world.hpp"

#include "mica/discovery/records.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

const error refused{errc::connection_failed, "refused"};

struct fixture : attempts_world {
  // Notes each attempt and its end.
  call_wrapper noting(std::string name) {
    return [this, name](call_function next) -> call_function {
      return [this, name, next](call_attempt& x) {
        lines.push_back(name + " " + std::to_string(x.number()) + " "
                        + std::string{x.address()});
        x.on_done([this, name](outcome& result) {
          lines.push_back(name + " " + (result.failure ? result.failure.detail : "ok"));
        });
        next(x);
      };
    };
  }

  strings lines;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(call_wrapper_tests, fixture)

  CAF_TEST(each attempt passes the wrappers with the first outermost) {
    make({noting("one"), noting("two")});
    core->begin(call());
    CAF_REQUIRE_EQUAL(pool->seen.size(), 1u);
    auto first = pool->seen[0].to.address;
    auto second = std::string{first == "h:1" ? "h:2" : "h:1"};
    pool->answer(0, answer({errc::unavailable, "busy", "mica.server"}));
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    pool->answer(1, answer());
    CAF_CHECK_EQUAL(outcomes.size(), 1u);
    CAF_CHECK(outcomes.at(0));
    CAF_CHECK_EQUAL(
        lines, (strings{"one 1 " + first, "two 1 " + first, "two busy", "one busy",
                        "one 2 " + second, "two 2 " + second, "two ok", "one ok"}));
  }

  CAF_TEST(an attempt knows its call and its node) {
    std::string seen;
    make({[&](call_function next) -> call_function {
      return [&seen, next](call_attempt& x) {
        CAF_REQUIRE(x.node() != nullptr);
        seen = std::string{x.service()} + " " + std::string{x.endpoint()} + " "
               + x.node()->id;
        CAF_CHECK(x.remaining() == 5s);
        next(x);
      };
    }});
    core->begin(call());
    CAF_CHECK_EQUAL(seen, "greeter Greeter.Hello id-" + pool->seen.at(0).to.address);
  }

  CAF_TEST(an address that was named by the caller has no node) {
    const discovery::node* node = nullptr;
    std::string address;
    make({[&](call_function next) -> call_function {
      return [&, next](call_attempt& x) {
        node = x.node();
        address = x.address();
        next(x);
      };
    }});
    auto direct = call();
    direct->address = "127.0.0.1:7";
    core->begin(direct);
    CAF_CHECK(node == nullptr);
    CAF_CHECK_EQUAL(address, "127.0.0.1:7");
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
  }

  CAF_TEST(metadata that a wrapper sets is sent) {
    make({[](call_function next) -> call_function {
      return [next](call_attempt& x) {
        x.headers().set("X-Attempt", std::to_string(x.number()));
        next(x);
      };
    }});
    core->begin(call());
    pool->answer(0, refused);
    CAF_REQUIRE_EQUAL(pool->seen.size(), 2u);
    CAF_CHECK_EQUAL(pool->seen[0].request.fields.get_or("x-attempt", ""), "1");
    CAF_CHECK_EQUAL(pool->seen[1].request.fields.get_or("x-attempt", ""), "2");
  }

  CAF_TEST(an attempt that a wrapper fails goes to another node) {
    strings tried;
    make({[&](call_function next) -> call_function {
      return [&tried, next](call_attempt& x) {
        tried.emplace_back(x.address());
        if (x.number() == 1)
          x.fail({errc::invalid_argument, "not this one"});
        else
          next(x);
      };
    }});
    core->begin(call());
    CAF_REQUIRE_EQUAL(pool->seen.size(), 1u);
    CAF_REQUIRE_EQUAL(tried.size(), 2u);
    CAF_CHECK_NOT_EQUAL(tried[0], tried[1]);
    CAF_CHECK_EQUAL(pool->seen[0].to.address, tried[1]);
    pool->answer(0, answer());
    CAF_CHECK(outcomes.at(0));
  }

  CAF_TEST(what a wrapper fails again and again ends with its words) {
    make({[](call_function) -> call_function {
      return [](call_attempt& x) { x.fail({errc::unavailable, "never"}); };
    }});
    core->begin(call());
    CAF_CHECK(pool->seen.empty());
    CAF_CHECK(failure().detail.find("never (id-h:1 at h:1 of ") != std::string::npos);
    CAF_CHECK(failure().detail.find("never (id-h:2 at h:2 of ") != std::string::npos);
    CAF_CHECK(failure().reason == errc::unavailable);
  }

  CAF_TEST(a call that is never to be repeated is not) {
    make({[](call_function) -> call_function {
      return [](call_attempt& x) { x.fail({errc::unavailable, "no"}); };
    }});
    auto once = call();
    once->rule = retry_rule::never;
    once->retries = 0;
    core->begin(once);
    CAF_CHECK(failure().detail.starts_with("no (id-h:"));
  }

  CAF_TEST(a wrapper replaces a failure but makes no success of it) {
    make({[](call_function next) -> call_function {
      return [next](call_attempt& x) {
        x.on_done([](outcome& result) { result.failure = {}; });
        x.on_done([](outcome& result) {
          CAF_CHECK_EQUAL(result.failure.code, 409);
          result.failure = error{404, "gone"};
        });
        next(x);
      };
    }});
    core->begin(call());
    pool->answer(0, answer(error{409, "twice", "greeter"}));
    CAF_CHECK_EQUAL(failure().code, 404);
    CAF_CHECK_EQUAL(failure().detail, "gone");
  }

  CAF_TEST(an attempt that is held goes on later) {
    std::shared_ptr<call_attempt> held;
    call_function go_on;
    make({[&](call_function next) -> call_function {
      go_on = next;
      return [&held](call_attempt& x) { held = x.hold(); };
    }});
    core->begin(call());
    CAF_CHECK(pool->seen.empty());
    CAF_CHECK_EQUAL(timers.size(), 1u);
    CAF_REQUIRE(held->node() != nullptr);
    CAF_CHECK_EQUAL(held->node()->address, held->address());
    go_on(*held);
    CAF_REQUIRE_EQUAL(pool->seen.size(), 1u);
    // Only once, and not while it is under way.
    go_on(*held);
    held->fail({errc::internal, "too late"});
    CAF_CHECK_EQUAL(pool->seen.size(), 1u);
    held = nullptr;
    pool->answer(0, answer());
    CAF_CHECK(outcomes.at(0));
  }

  CAF_TEST(an attempt that is held fails at the deadline of its call) {
    std::shared_ptr<call_attempt> held;
    strings ends;
    make({[&](call_function) -> call_function {
      return [&](call_attempt& x) {
        x.on_done([&](outcome& result) { ends.push_back(result.failure.detail); });
        held = x.hold();
      };
    }});
    core->begin(call());
    advance();
    CAF_CHECK(failure().reason == errc::timeout);
    CAF_CHECK_EQUAL(ends.size(), 1u);
    CAF_CHECK(held->remaining() == 0s);
  }

  CAF_TEST(an attempt that is dropped fails at once) {
    make({[](call_function) -> call_function { return [](call_attempt&) {}; }});
    core->begin(call());
    CAF_CHECK(failure().detail.find("dropped the attempt") != std::string::npos);
  }

  CAF_TEST(an attempt whose wrapper throws fails with its text) {
    make({[](call_function) -> call_function {
      return [](call_attempt&) { throw std::runtime_error("oops"); };
    }});
    core->begin(call());
    CAF_CHECK(failure().detail.find("oops") != std::string::npos);
  }

  CAF_TEST(a call that is given up ends its attempt) {
    make({noting("one")});
    auto given_up = call();
    core->begin(given_up);
    core->cancel(*given_up, {errc::cancelled, "enough"});
    CAF_CHECK_EQUAL(pool->cancelled, 1);
    CAF_CHECK_EQUAL(lines.back(), "one enough");
    CAF_CHECK(failure().reason == errc::cancelled);
  }

  CAF_TEST(the end of the client fails what is held by its wrappers) {
    make({[](call_function) -> call_function {
      auto kept = std::make_shared<std::vector<std::shared_ptr<call_attempt>>>();
      return [kept](call_attempt& x) { kept->push_back(x.hold()); };
    }});
    core->begin(call());
    CAF_CHECK(outcomes.empty());
    core->close();
    CAF_CHECK(failure().reason == errc::unavailable);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
