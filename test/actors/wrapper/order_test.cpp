#define CAF_SUITE wrapper_order

#include "service_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <future>
#include <mutex>

using namespace mica;
using namespace mica::test;

namespace {

using strings = std::vector<std::string>;

struct fixture : service_fixture {
  void write(std::string line) {
    std::lock_guard guard{mtx};
    lines.push_back(std::move(line));
  }

  client_wrapper client(std::string name) {
    return [this, name](client_function next) -> client_function {
      return [this, name, next](client_request& request, call_done done) {
        write(name + " in");
        next(request, [this, name, done](expected<void> x) {
          write(name + " out");
          done(std::move(x));
        });
      };
    };
  }

  call_wrapper attempt(std::string name) {
    return [this, name](call_function next) -> call_function {
      return [this, name, next](call_attempt& x) {
        write(name + " in");
        x.on_done([this, name](outcome&) { write(name + " out"); });
        next(x);
      };
    };
  }

  handler_wrapper handler(std::string name) {
    return [this, name](handler_function next) -> handler_function {
      return [this, name, next](context& call, const google::protobuf::Message& x) {
        write(name);
        next(call, x);
      };
    };
  }

  service_options wrapped() {
    auto what = options();
    what.client_wrappers = {client("client 1"), client("client 2")};
    what.call_wrappers = {attempt("call 1"), attempt("call 2")};
    return what;
  }

  std::mutex mtx;
  strings lines;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(wrapper_order_tests, fixture)

  CAF_TEST(client wrappers run around call wrappers and handler wrappers within) {
    auto what = options();
    what.handler_wrappers = {handler("handler 1"), handler("handler 2")};
    auto server = make("echo", {}, what);
    CAF_REQUIRE(server->start());
    service caller{"caller", wrapped()};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    CAF_CHECK_EQUAL(lines, (strings{"client 1 in", "client 2 in", "call 1 in",
                                    "call 2 in", "handler 1", "handler 2", "call 2 out",
                                    "call 1 out", "client 2 out", "client 1 out"}));
  }

  CAF_TEST(a repetition passes the call wrappers alone) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    auto what = wrapped();
    what.call_wrappers.push_back([](call_function next) -> call_function {
      return [next](call_attempt& x) {
        if (x.number() == 1)
          x.fail({errc::unavailable, "not yet"});
        else
          next(x);
      };
    });
    service caller{"caller", what};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    CAF_CHECK_EQUAL(
        lines, (strings{"client 1 in", "client 2 in", "call 1 in", "call 2 in",
                        "call 2 out", "call 1 out", "call 1 in", "call 2 in",
                        "call 2 out", "call 1 out", "client 2 out", "client 1 out"}));
  }

  // The request of an asynchronous call is gone by the time of the second one.
  CAF_TEST(a client wrapper calls twice for callers that wait and that do not) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    auto twice = [](client_function next) -> client_function {
      return [next](client_request& request, call_done done) {
        next(request, [next, &request, done](expected<void>) { next(request, done); });
      };
    };
    auto what = options();
    what.client_wrappers = {twice};
    service caller{"caller", what};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    // From a plain thread, and from a handler's actor.
    std::promise<std::string> seen;
    {
      auto request = std::make_unique<Text>(text("later"));
      echo_client{caller, "echo"}.say(mica::caller{}, *request, [&](expected<Text> x) {
        seen.set_value(x ? x->text() : x.error().detail);
      });
    }
    CAF_CHECK_EQUAL(seen.get_future().get(), "later");
    auto relay = options();
    relay.client_wrappers = {twice};
    auto middle = make("middle", {}, relay);
    CAF_REQUIRE(middle->start());
    service outside{"outside", options()};
    auto answer = echo_client{outside, "middle"}.relay(text("echo"));
    CAF_REQUIRE(answer);
    CAF_CHECK_EQUAL(answer->text(), "relayed");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
