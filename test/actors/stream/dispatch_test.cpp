#define CAF_SUITE stream_dispatch

#include "server_world.hpp"

#include "server/dispatcher.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;

namespace {

struct fixture : server_world {
  fixture() : dispatch(env) {
    CAF_REQUIRE(dispatch.add(serve(worker, script), false));
  }

  http_request head(std::string path) {
    http_request result;
    result.method = "POST";
    result.target = std::move(path);
    result.major_version = 2;
    result.fields = {{"host", "h"}, {"content-type", "application/grpc"}};
    return result;
  }

  std::unique_ptr<net::stream_receiver> take(http_request what) {
    auto result = dispatch.on_stream(what, net::stream_sender{connection, 1}, {});
    run();
    return result;
  }

  scripted::script script = [](context& call, note&, detail::stream_ptr core) -> task {
    call.reply_headers().set("x-head", "1");
    call.reply_trailers().set("x-tail-bin",
                              std::string{call.headers().get_or("a-bin", "")});
    note_stream peer{std::move(core)};
    while (auto next = co_await peer.read())
      co_await peer.write(*next);
  };
  detail::dispatcher dispatch;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_dispatch_tests, fixture)

  CAF_TEST(a call of a method with a stream is opened and carried to its end) {
    auto what = head("/test.Chatter/Chat");
    what.fields.add("a-bin", "Zm9v");
    auto receiver = take(std::move(what));
    CAF_REQUIRE(receiver != nullptr);
    receiver->on_data(framed({"one", "two"}));
    receiver->on_end({});
    run();
    const auto& peer = peers[1];
    CAF_CHECK(peer.texts() == (std::vector<std::string>{"one", "two"}));
    CAF_CHECK_EQUAL(peer.status, "0");
    CAF_CHECK_EQUAL(peer.head.get_or("x-head", ""), "1");
    CAF_CHECK_EQUAL(peer.trailers.get_or("x-tail-bin", ""), "Zm9v");
  }

  CAF_TEST(messages are read and written in the coding of the client) {
    env->compression = grpc::coding::gzip;
    auto what = head("/test.Chatter/Chat");
    what.fields.add("grpc-encoding", "gzip");
    what.fields.add("grpc-accept-encoding", "gzip");
    auto receiver = take(std::move(what));
    CAF_REQUIRE(receiver != nullptr);
    std::string body;
    auto begin = grpc::begin_message(body);
    to_note(std::string(500, 'x')).AppendToString(&body);
    CAF_REQUIRE(grpc::end_message(body, begin, grpc::coding::gzip));
    receiver->on_data(body);
    receiver->on_end({});
    run();
    CAF_CHECK_EQUAL(peers[1].head.get_or("grpc-encoding", ""), "gzip");
    CAF_CHECK_LESS(peers[1].body.size(), 100u);
    CAF_CHECK_EQUAL(peers[1].status, "0");
  }

  CAF_TEST(a handler sees and says of each message whether it is compressed) {
    script = [](context& call, note&, detail::stream_ptr core) -> task {
      note_stream peer{std::move(core)};
      while (auto next = co_await peer.read()) {
        call.compress(peer.compressed() ? "gzip" : "identity");
        co_await peer.write(*next);
      }
    };
    auto what = head("/test.Chatter/Chat");
    what.fields.add("grpc-encoding", "gzip");
    what.fields.add("grpc-accept-encoding", "gzip");
    auto receiver = take(std::move(what));
    CAF_REQUIRE(receiver != nullptr);
    const std::vector<bool> compressed{true, false, true};
    std::string body;
    for (bool each : compressed) {
      auto begin = grpc::begin_message(body);
      to_note(std::string(500, 'x')).AppendToString(&body);
      auto as = each ? grpc::coding::gzip : grpc::coding::identity;
      CAF_REQUIRE(grpc::end_message(body, begin, as));
    }
    receiver->on_data(body);
    receiver->on_end({});
    run();
    CAF_CHECK_EQUAL(peers[1].body, body);
    CAF_CHECK_EQUAL(peers[1].status, "0");
  }

  CAF_TEST(what is no stream of ours comes whole) {
    auto json = head("/test.Chatter/Chat");
    json.fields.set("content-type", "application/json");
    auto old = head("/test.Chatter/Chat");
    old.major_version = 1;
    for (auto& what : {head("/test.Chatter/Say"), head("/test.Other/Chat"), head("/"),
                       head("/Chat"), json, old}) {
      auto copy = what;
      CAF_CHECK(dispatch.on_stream(copy, net::stream_sender{connection, 1}, {})
                == nullptr);
      // As it was, for who reads it then.
      CAF_CHECK(copy.fields == what.fields);
    }
  }

  CAF_TEST(a stream that can not be opened ends with the reason and drops what comes) {
    struct row {
      std::string name;
      std::string value;
      std::string status;
    };
    std::vector<row> rows{{"grpc-timeout", "soon", "13"},
                          {"grpc-timeout", "0n", "4"},
                          {"grpc-encoding", "br", "12"},
                          {"content-type", "application/grpc+thrift", "12"},
                          {"x-bin", "?", "13"}};
    for (const auto& x : rows) {
      peers.clear();
      auto what = head("/test.Chatter/Chat");
      what.fields.set(x.name, x.value);
      auto receiver = take(std::move(what));
      CAF_REQUIRE(receiver != nullptr);
      CAF_CHECK_EQUAL(peers[1].heads, 1);
      CAF_CHECK_EQUAL(peers[1].status, x.status);
      receiver->on_data("12345");
      receiver->on_end({});
      run();
      CAF_CHECK_EQUAL(peers[1].consumed, 5u);
      CAF_CHECK(peers[1].body.empty());
    }
    CAF_CHECK_EQUAL(env->errors.load(), rows.size());
  }

  CAF_TEST(a handler with too many streams open is unavailable) {
    detail::dispatcher small{env};
    auto& shell = serve(worker, script);
    shell.max_streams = 1;
    CAF_REQUIRE(small.add(shell, false));
    auto what = head("/test.Chatter/Chat");
    auto first = small.on_stream(what, net::stream_sender{connection, 1}, {});
    what = head("/test.Chatter/Chat");
    auto second = small.on_stream(what, net::stream_sender{connection, 3}, {});
    run();
    CAF_CHECK_EQUAL(peers[3].status, "14");
    CAF_CHECK(!peers[1].ended);
    first->on_end({});
    run();
    CAF_CHECK_EQUAL(peers[1].status, "0");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
