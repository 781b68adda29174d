#define CAF_SUITE grpc_dispatch

#include "server/dispatcher.hpp"

#include "echo_service.hpp"
#include "mica/codecs/grpc.hpp"

#include <caf/test/unit_test.hpp>

#include <memory>
#include <string>

using namespace mica;
using namespace mica::detail;
using namespace mica::test;

namespace {

// A service on the lane: what it answers comes back at once.
struct fixture {
  fixture() : env(std::make_shared<server_environment>()), dispatch(env) {
    env->service = "echo";
    env->now = [this] { return now; };
    env->message_bytes = 1000;
    shell.placement = placement::lane;
    shell.core = std::make_shared<handler_core>(
        [this] { return std::make_unique<echo>(probe, nullptr); },
        std::vector<handler_wrapper>{}, env);
    shell.waiting = std::make_shared<std::atomic<size_t>>(0);
    CAF_REQUIRE(dispatch.add(shell, false));
  }

  http_request request(std::string path, const Text& message) {
    http_request result;
    result.method = "POST";
    result.target = std::move(path);
    result.major_version = 2;
    result.minor_version = 0;
    result.fields = {{"host", "127.0.0.1:1"},
                     {"content-type", "application/grpc"},
                     {"user-agent", "grpc-c++/1.51"}};
    auto begin = grpc::begin_message(result.body);
    CAF_REQUIRE(message.AppendToString(&result.body));
    CAF_REQUIRE(grpc::end_message(result.body, begin));
    return result;
  }

  http_response ask(http_request what) {
    auto response = dispatch.on_request(std::move(what), {}, {});
    CAF_REQUIRE(response.has_value());
    return std::move(*response);
  }

  expected<std::string> call(http_request what) {
    auto reply = grpc::read_reply(ask(std::move(what)));
    if (!reply)
      return std::move(reply.error());
    Text result;
    CAF_REQUIRE(result.ParseFromString(std::string{reply->payload()}));
    return result.text();
  }

  // The answer's text; no reference, which CAF's checks would keep for too long.
  std::string said(http_request what) {
    auto reply = call(std::move(what));
    return reply ? *reply : "[" + to_string(reply.error()) + "]";
  }

  error failure(http_request what) {
    auto reply = call(std::move(what));
    CAF_REQUIRE(!reply);
    return reply.error();
  }

  std::shared_ptr<echo_probe> probe = std::make_shared<echo_probe>();
  time_point now = time_point{} + std::chrono::hours{1};
  std::shared_ptr<server_environment> env;
  shell_ref shell;
  dispatcher dispatch;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(grpc_dispatch_tests, fixture)

  CAF_TEST(a call is answered by fields and message and trailers) {
    auto response = ask(request("/mica.test.Echo/Say", text("hello")));
    CAF_CHECK_EQUAL(response.status, 200);
    CAF_CHECK(response.fields == (metadata{{"content-type", "application/grpc"}}));
    CAF_CHECK_EQUAL(response.body, (std::string{"\0\0\0\0\7\x0a\5hello", 12}));
    CAF_CHECK(response.trailers == (metadata{{"grpc-status", "0"}}));
  }

  CAF_TEST(any package in front of the service will do) {
    for (auto path :
         {"/Echo/Say", "/mica.test.Echo/Say", "/go.micro.srv.echo.Echo/Say"})
      CAF_CHECK_EQUAL(said(request(path, text("x"))), "x");
  }

  CAF_TEST(failures have a status) {
    auto why = failure(request("/Echo/Refuse", text("this")));
    CAF_CHECK(why == (error{400, "this refused", "echo"}));
    CAF_CHECK(grpc::status_of(why) == grpc::status::invalid_argument);
    why = failure(request("/Echo/Throw", text("ouch")));
    CAF_CHECK(grpc::status_of(why) == grpc::status::internal);
    CAF_CHECK_EQUAL(why.detail, "the handler failed: ouch");
  }

  CAF_TEST(unknown names are unimplemented and say what is there) {
    auto why = ask(request("/a.Other/Say", text("x")));
    CAF_CHECK_EQUAL(why.fields.get_or("grpc-status", ""), "12");
    CAF_CHECK(why.fields.get_or("grpc-message", "")
                  .starts_with("unknown service Other; there are: Echo.Block, "));
    why = ask(request("/Echo/Shout", text("x")));
    CAF_CHECK_EQUAL(why.fields.get_or("grpc-status", ""), "12");
    CAF_CHECK(why.fields.get_or("grpc-message", "")
                  .starts_with("unknown service Echo.Shout;"));
  }

  CAF_TEST(a deadline counts from the arrival and an expired one ends the call) {
    auto what = request("/Echo/Left", text(""));
    what.fields.add("grpc-timeout", "1500m");
    CAF_CHECK_EQUAL(said(what), "1500");
    what.fields.set("grpc-timeout", "0n");
    auto why = failure(what);
    CAF_CHECK(grpc::status_of(why) == grpc::status::deadline_exceeded);
    CAF_CHECK_EQUAL(said(request("/Echo/Left", text(""))), "none");
  }

  CAF_TEST(metadata comes in and goes out) {
    auto what = request("/Echo/Field", text("x-key-bin"));
    what.fields.add("x-key-bin", "Zm9v");
    auto response = ask(std::move(what));
    CAF_CHECK_EQUAL(response.fields.get_or("x-seen", ""), "yes");
    auto reply = grpc::read_reply(std::move(response));
    CAF_REQUIRE(reply);
    CAF_CHECK_EQUAL(reply->payload().substr(2), "foo");
  }

  CAF_TEST(JSON is a codec like any other) {
    auto what = request("/Echo/Say", text("x"));
    what.fields.set("content-type", "application/grpc+json");
    what.body.clear();
    auto begin = grpc::begin_message(what.body);
    what.body += R"({"text":"hi"})";
    CAF_REQUIRE(grpc::end_message(what.body, begin));
    auto response = ask(std::move(what));
    CAF_CHECK_EQUAL(response.fields.get_or("content-type", ""),
                    "application/grpc+json");
    CAF_CHECK_EQUAL(response.body.substr(5), "{\"text\":\"hi\"}\n");
  }

  CAF_TEST(answers are compressed as the service says for those who read it) {
    env->compression = grpc::coding::gzip;
    auto what = request("/Echo/Say", text(std::string(900, 'x')));
    auto response = ask(what);
    CAF_CHECK_EQUAL(response.body[0], '\0');
    what.fields.add("grpc-accept-encoding", "gzip");
    response = ask(what);
    CAF_CHECK_EQUAL(response.body[0], '\1');
    CAF_CHECK_EQUAL(response.fields.get_or("grpc-encoding", ""), "gzip");
    CAF_CHECK_EQUAL(said(what), std::string(900, 'x'));
  }

  CAF_TEST(requests that can not be read name the service and the reason) {
    auto what = request("/Echo/Say", text("x"));
    what.body.resize(3);
    auto why = failure(what);
    CAF_CHECK(grpc::status_of(why) == grpc::status::internal);
    CAF_CHECK_EQUAL(why.id, "echo");
    why = failure(request("/Echo/Say", text(std::string(1001, 'x'))));
    CAF_CHECK(grpc::status_of(why) == grpc::status::resource_exhausted);
    what = request("/Echo/Say", {});
    what.body[4] = 2;
    what.body += "\x0a\x7f";
    why = failure(what);
    CAF_CHECK(grpc::status_of(why) == grpc::status::invalid_argument);
    CAF_CHECK_EQUAL(env->errors.load(), 3u);
  }

  CAF_TEST(another content type of a client of gRPC is refused by 415 and a status) {
    auto what = request("/Echo/Say", text("x"));
    what.fields.set("content-type", "application/thrift");
    auto response = ask(what);
    CAF_CHECK_EQUAL(response.status, 415);
    CAF_CHECK_EQUAL(response.fields.get_or("content-type", ""), "application/grpc");
    CAF_CHECK_EQUAL(response.fields.get_or("grpc-status", ""), "12");
    // Anybody else gets the object.
    what.fields.set("user-agent", "curl/8");
    response = ask(what);
    CAF_CHECK_EQUAL(response.status, 415);
    CAF_CHECK_EQUAL(response.fields.get_or("content-type", ""), "application/json");
  }

  CAF_TEST(JSON over HTTP 2 is plain HTTP) {
    auto what = request("/mica.test.Echo/Say", {});
    what.fields = {{"host", "h"}, {"content-type", "application/json"}};
    what.body = R"({"text":"hi"})";
    auto response = ask(std::move(what));
    CAF_CHECK_EQUAL(response.status, 200);
    CAF_CHECK_EQUAL(response.body, "{\"text\":\"hi\"}\n");
    CAF_CHECK(response.trailers.empty());
  }

  CAF_TEST(a full handler is UNAVAILABLE so that the caller tries another node) {
    shell.placement = placement::worker;
    shell.core = std::make_shared<handler_core>(
        [this] { return std::make_unique<echo>(probe, nullptr); },
        std::vector<handler_wrapper>{}, env);
    dispatcher full{env};
    CAF_REQUIRE(full.add(shell, false));
    auto response = full.on_request(request("/Echo/Say", text("x")), {}, {});
    CAF_REQUIRE(response.has_value());
    CAF_CHECK_EQUAL(response->fields.get_or("grpc-status", ""), "14");
    auto reply = grpc::read_reply(std::move(*response));
    CAF_REQUIRE(!reply);
    CAF_CHECK(reply.error().reason == errc::unavailable);
    CAF_CHECK_EQUAL(reply.error().id, "mica.server");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
