#define CAF_SUITE wrapper

#include "service_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <mutex>
#include <sstream>

using namespace mica;
using namespace mica::test;

namespace {

// Lines in the order in which they were written, from any thread.
class journal {
public:
  void write(std::string line) {
    std::lock_guard guard{mtx_};
    lines_.push_back(std::move(line));
  }

  std::vector<std::string> lines() {
    std::lock_guard guard{mtx_};
    return lines_;
  }

private:
  std::mutex mtx_;
  std::vector<std::string> lines_;
};

using strings = std::vector<std::string>;

handler_wrapper noting(std::shared_ptr<journal> to, std::string name) {
  return [=](handler_function next) -> handler_function {
    return [=](context& call, const google::protobuf::Message& request) {
      to->write(name + " before");
      call.on_done([=](const outcome& x) {
        to->write(name + " done " + (x.failure ? x.failure.detail : "ok"));
      });
      next(call, request);
      to->write(name + " after");
    };
  };
}

client_wrapper noting_client(std::shared_ptr<journal> to, std::string name) {
  return [=](client_function next) -> client_function {
    return [=](client_request& request, call_done done) {
      to->write(name + " before");
      next(request, [=](expected<void> x) {
        to->write(name + " after");
        done(std::move(x));
      });
    };
  };
}

struct fixture : service_fixture {
  std::shared_ptr<journal> book = std::make_shared<journal>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(wrapper_tests, fixture)

  CAF_TEST(handler wrappers run in order with the first outermost) {
    auto what = options();
    what.handler_wrappers = {noting(book, "one"), noting(book, "two")};
    auto server = make("echo", {}, what);
    CAF_REQUIRE(server->start());
    service caller{"caller", options()};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    server->stop();
    CAF_CHECK_EQUAL(book->lines(), (strings{"one before", "two before", "one done ok",
                                            "two done ok", "two after", "one after"}));
  }

  CAF_TEST(a handler wrapper sees the failure of a late answer) {
    auto what = options();
    what.handler_wrappers = {noting(book, "one")};
    auto server = make("echo", {}, what);
    CAF_REQUIRE(server->start());
    service caller{"caller", options()};
    CAF_CHECK(!echo_client(caller, "echo").drop(text("x")));
    server->stop();
    CAF_CHECK_EQUAL(
        book->lines(),
        (strings{"one before", "one after",
                 "one done the handler dropped the call without an answer"}));
  }

  CAF_TEST(a handler wrapper may answer in place of the handler) {
    auto what = options();
    what.handler_wrappers = {[](handler_function) -> handler_function {
      return [](context& call, const google::protobuf::Message&) {
        call.fail(error{403, "not today"});
      };
    }};
    auto server = make("echo", {}, what);
    CAF_REQUIRE(server->start());
    service caller{"caller", options()};
    auto response = echo_client{caller, "echo"}.say(text("x"));
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().code, 403);
  }

  CAF_TEST(client wrappers run in order around the call) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    auto what = options();
    what.client_wrappers = {noting_client(book, "one"), noting_client(book, "two")};
    service caller{"caller", what};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    CAF_CHECK_EQUAL(book->lines(),
                    (strings{"one before", "two before", "two after", "one after"}));
  }

  CAF_TEST(a client wrapper may call twice) {
    auto server = make("echo");
    CAF_REQUIRE(server->start());
    auto what = options();
    what.client_wrappers = {[](client_function next) -> client_function {
      return [next](client_request& request, call_done done) {
        next(request, [next, &request, done](expected<void>) { next(request, done); });
      };
    }};
    service caller{"caller", what};
    CAF_CHECK(echo_client(caller, "echo").say(text("x")));
    auto count = echo_client{caller, "echo"}.count(text(""));
    CAF_REQUIRE(count);
    CAF_CHECK_EQUAL(count->text(), "2");
  }

  // The two log wrappers of Go Micro's wrapper example.
  CAF_TEST(the two log wrappers print the endpoint and the service) {
    std::ostringstream out;
    auto what = options();
    what.handler_wrappers = {[&out](handler_function next) -> handler_function {
      return [&out, next](context& call, const google::protobuf::Message& request) {
        out << "[Log Wrapper] Before serving request method: " << call.endpoint()
            << '\n';
        next(call, request);
      };
    }};
    auto server = make("echo", {}, what);
    CAF_REQUIRE(server->start());
    auto with_log = options();
    with_log.client_wrappers = {[&out](client_function next) -> client_function {
      return [&out, next](client_request& request, call_done done) {
        out << "[Log Wrapper] client request to service: " << request.service
            << " method: " << request.endpoint << '\n';
        next(request, std::move(done));
      };
    }};
    service caller{"caller", with_log};
    CAF_REQUIRE(echo_client(caller, "echo").say(text("x")));
    CAF_CHECK_EQUAL(out.str(),
                    "[Log Wrapper] client request to service: echo method: Echo.Say\n"
                    "[Log Wrapper] Before serving request method: Echo.Say\n");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
