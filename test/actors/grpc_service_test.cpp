#define CAF_SUITE grpc_service

#include "service_fixture.hpp"

#include "mica/actors/service.hpp"
#include "mica/codecs/grpc_status.hpp"
#include "runtime/service_impl.hpp"

#include <caf/test/unit_test.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

// Both ends of mica over real sockets and HTTP/2.
struct fixture : service_fixture {
  fixture() {
    auto what = options();
    what.address.clear();
    caller = std::make_unique<service>("caller", what);
  }

  void serve(placement where, std::string compression = {}) {
    auto what = options();
    what.compression = std::move(compression);
    server = make("echo", {.placement = where}, std::move(what));
    CAF_REQUIRE(server->start());
  }

  echo_client client() {
    return echo_client{*caller, "echo"};
  }

  std::unique_ptr<service> server;
  std::unique_ptr<service> caller;
};

std::string said(const expected<Text>& x) {
  return x ? x->text() : "[" + to_string(x.error()) + "]";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(grpc_service_tests, fixture)

  CAF_TEST(nodes of mica speak gRPC with each other) {
    for (auto where : {worker, lane, mica::thread}) {
      serve(where);
      CAF_CHECK_EQUAL(said(client().say(text("hello"))), "hello");
      // The caller's User-Agent tells what was spoken.
      CAF_CHECK_EQUAL(said(client().field(text("user-agent"))), "grpc-mica/0.1");
      CAF_CHECK_EQUAL(said(client().field(text("grpc-accept-encoding"))),
                      "identity,deflate,gzip");
      server->stop();
      server.reset();
    }
  }

  CAF_TEST(a call may be pinned to mucp) {
    serve(worker);
    call_options how;
    how.protocol = "mucp";
    CAF_CHECK_EQUAL(said(client().field(text("micro-endpoint"), how)), "Echo.Field");
    how.protocol = "smoke";
    auto refused = client().say(text("x"), how);
    CAF_REQUIRE(!refused);
    CAF_CHECK(refused.error().reason == errc::invalid_argument);
  }

  CAF_TEST(an address is called by gRPC if the call says so) {
    serve(worker);
    call_options how;
    how.address = server->address();
    how.protocol = "grpc";
    CAF_CHECK_EQUAL(said(client().field(text("user-agent"), how)), "grpc-mica/0.1");
    how.protocol = {};
    CAF_CHECK_EQUAL(said(client().field(text("user-agent"), how)),
                    "Go-http-client/1.1");
  }

  CAF_TEST(errors arrive as they were made) {
    serve(worker);
    auto refused = client().refuse(text("name"));
    CAF_REQUIRE(!refused);
    CAF_CHECK(refused.error() == (error{400, "name refused", "echo"}));
    auto thrown = client().throw_(text("ouch"));
    CAF_REQUIRE(!thrown);
    CAF_CHECK(grpc::status_of(thrown.error()) == grpc::status::internal);
  }

  CAF_TEST(rich details and trailers come through with any status) {
    std::vector<grpc::detail> details{{"type.googleapis.com/a.B", "bytes"}};
    auto what = options();
    what.handler_wrappers = {[&](handler_function next) -> handler_function {
      return [&details, next](context& call, const google::protobuf::Message& request) {
        call.reply_trailers().set("x-tail-bin", "\xff");
        if (call.endpoint() == "Echo.Refuse")
          call.fail(grpc::make_error(grpc::status::data_loss, "lost\n\u263a", details));
        else
          next(call, request);
      };
    }};
    server = make("echo", {}, std::move(what));
    CAF_REQUIRE(server->start());
    auto lost = client().refuse(text("x"));
    CAF_REQUIRE(!lost);
    CAF_CHECK(grpc::status_of(lost.error()) == grpc::status::data_loss);
    CAF_CHECK_EQUAL(lost.error().detail, "lost\n\u263a");
    CAF_CHECK_EQUAL(lost.error().id, "echo");
    CAF_CHECK(grpc::details_of(lost.error()) == details);
    metadata tail;
    call_options how;
    how.on_metadata = [&](const metadata&, const metadata& trailers) {
      tail = trailers;
    };
    CAF_CHECK_EQUAL(said(client().say(text("x"), how)), "x");
    CAF_CHECK_EQUAL(tail.get_or("x-tail-bin", ""), "\xff");
  }

  CAF_TEST(metadata goes both ways with bytes where they are bytes) {
    serve(worker);
    std::string bytes{"\0\1\xff,", 4};
    metadata head;
    metadata tail;
    call_options how;
    how.headers = {{"X-Key-Bin", bytes}, {"X-Key", "text"}};
    how.on_metadata = [&](const metadata& headers, const metadata& trailers) {
      head = headers;
      tail = trailers;
    };
    CAF_CHECK_EQUAL(said(client().field(text("x-key"), how)), "text");
    CAF_CHECK_EQUAL(head.get_or("x-seen", ""), "yes");
    CAF_CHECK_EQUAL(tail.get_or("grpc-status", ""), "0");
  }

  CAF_TEST(large messages are compressed both ways when both sides want it) {
    serve(worker, "gzip");
    std::string large(200'000, 'x');
    metadata head;
    call_options how;
    how.on_metadata = [&](const metadata& headers, const metadata&) { head = headers; };
    for (auto coding : {"gzip", "deflate", "identity"}) {
      how.compression = coding;
      CAF_CHECK_EQUAL(said(client().say(text(large), how)), large);
      CAF_CHECK_EQUAL(head.get_or("grpc-encoding", ""), "gzip");
      how.headers.clear();
      CAF_CHECK_EQUAL(said(client().field(text("grpc-encoding"), how)),
                      coding == std::string{"identity"} ? "none" : coding);
    }
    how.compression = "zip";
    CAF_CHECK(!client().say(text("x"), how));
  }

  CAF_TEST(a message above the limit fails with its number on the side that sends) {
    serve(worker);
    auto sent = client().say(text(std::string(4'200'000, 'x')));
    CAF_REQUIRE(!sent);
    CAF_CHECK(sent.error().reason == errc::limit_exceeded);
    CAF_CHECK(sent.error().detail.find("message_bytes") != std::string::npos);
    // Just below it passes, whatever stands around it.
    auto most = client().say(text(std::string(4 * 1024 * 1024 - 8, 'x')));
    CAF_CHECK_EQUAL(said(most).size(), 4u * 1024 * 1024 - 8);
    CAF_MESSAGE(said(most).substr(0, 200));
  }

  CAF_TEST(a deadline travels and ends the call on both sides) {
    serve(worker);
    call_options how;
    how.deadline = 150ms;
    auto late = client().never(text(""), how);
    CAF_REQUIRE(!late);
    CAF_CHECK(late.error().reason == errc::timeout);
    how.deadline = 10s;
    auto left = std::stoi(said(client().left(text(""), how)));
    CAF_CHECK(left > 5'000 && left <= 10'000);
    // The handler was told, by its own clock or by the reset.
    while (probe->cancelled == 0)
      std::this_thread::yield();
  }

  CAF_TEST(a cancelled handler cancels what it called) {
    serve(worker);
    auto relay = make("relay");
    CAF_REQUIRE(relay->start());
    call_options how;
    how.deadline = 200ms;
    auto late = echo_client{*caller, "relay"}.relay_never(text("echo"), how);
    CAF_REQUIRE(!late);
    CAF_CHECK(late.error().reason == errc::timeout);
    while (probe->cancelled == 0)
      std::this_thread::yield();
  }

  CAF_TEST(many calls at once share a connection and get their own answers) {
    serve(worker);
    constexpr int calls = 300;
    std::promise<void> all;
    std::atomic<int> open{calls};
    std::atomic<int> right{0};
    auto stub = client();
    for (int i = 0; i < calls; ++i)
      stub.say(mica::caller{}, text(std::to_string(i)), [&, i](expected<Text> x) {
        right += said(x) == std::to_string(i);
        if (--open == 0)
          all.set_value();
      });
    all.get_future().wait();
    CAF_CHECK_EQUAL(right.load(), calls);
  }

  CAF_TEST(a call from a continuation on the lane goes on there) {
    serve(lane);
    std::promise<std::string> all;
    auto stub = client();
    std::function<void(int)> next = [&](int left) {
      stub.say(mica::caller{}, text("x"), [&, left](expected<Text> x) {
        if (!x || left == 0)
          all.set_value(said(x));
        else
          next(left - 1);
      });
    };
    next(200);
    CAF_CHECK_EQUAL(all.get_future().get(), "x");
  }

  CAF_TEST(a call may wait for a service that starts later) {
    call_options how;
    how.wait_for_ready = true;
    how.deadline = 20s;
    std::promise<std::string> answer;
    client().say(
        mica::caller{}, text("there"),
        [&](expected<Text> x) { answer.set_value(said(x)); }, how);
    serve(worker);
    CAF_CHECK_EQUAL(answer.get_future().get(), "there");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
