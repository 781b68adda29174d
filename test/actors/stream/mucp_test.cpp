// Streams over mucp on CAF's deterministic scheduler: what the dispatcher makes of the
// first message, and what both sides say and read.

#define CAF_SUITE stream_mucp

#include "client_world.hpp"

#include "server/dispatcher.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;

namespace {

using texts = std::vector<std::string>;

metadata fields_of_end(std::string_view error) {
  return {{"Micro-Error", error}, {"Micro-Id", "7"}};
}

/// The handler and what it saw. Outlives the world, whose end resumes what waits.
struct heard_by_handler {
  scripted::script script = [this](context& call, note& request,
                                   detail::stream_ptr core) -> task {
    call.reply_headers().set("X-Head", "1");
    call.reply_trailers().set("X-Tail", "2");
    asked.push_back(request.value());
    note_stream caller{std::move(core)};
    while (auto next = co_await caller.read()) {
      if (next->value() == "fail") {
        caller.fail({errc::permission_denied, "minus one"});
        co_return;
      }
      co_await caller.write(*next);
    }
    why = caller.failure();
  };
  texts asked;
  error why;
};

struct fixture : heard_by_handler, client_world {
  fixture() : dispatch(env) {
    CAF_REQUIRE(dispatch.add(serve(worker, script), false));
  }

  http_request first(std::string endpoint, std::string type = "application/protobuf") {
    http_request result;
    result.method = "POST";
    result.target = "/";
    result.fields = {{"Host", "h"},         {"Content-Type", type},
                     {"Micro-Id", "7"},     {"Micro-Endpoint", endpoint},
                     {"Micro-Stream", "7"}, {"Micro-Service", "chatter"}};
    result.body = "thrown away";
    return result;
  }

  std::unique_ptr<net::stream_receiver> take(http_request what) {
    auto result = dispatch.on_stream(what, net::stream_sender{connection, 1}, {});
    run();
    return result;
  }

  std::string end_of(uint64_t id) {
    return std::string{peers[id].trailers.get_or("Micro-Error", "(none)")};
  }

  /// A stream of ours, opened by mucp.
  std::shared_ptr<detail::client_stream> call(method_kind kind) {
    auto result = std::make_shared<detail::client_stream>(
        detail::client_terms{*codec, coding, message_bytes}, lane_home(), bounds, kind,
        2);
    auto open = [this](const std::shared_ptr<detail::client_stream>& x) {
      peer = x->make_receiver(detail::stream_protocol::mucp);
    };
    result->begin(open, [this](const error& x) { outcome = x; });
    return result;
  }

  void answer(const texts& messages, bool of_go_micro = false) {
    http_response head;
    if (of_go_micro)
      head.fields.add("Micro-Stream", "7");
    peer->on_head(std::move(head));
    for (const auto& x : messages)
      peer->on_data(framed({x}));
    run();
  }

  detail::dispatcher dispatch;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_mucp_tests, fixture)

  CAF_TEST(a stream is opened by its first message and ended by EOS) {
    auto receiver = take(first("Chatter.Chat"));
    CAF_REQUIRE(receiver != nullptr);
    CAF_CHECK_EQUAL(peers[1].heads, 0);
    receiver->on_data(framed({"one", "two"}));
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"one", "two"}));
    CAF_CHECK_EQUAL(peers[1].heads, 1);
    CAF_CHECK_EQUAL(peers[1].head.get_or("Content-Type", ""), "application/protobuf");
    CAF_CHECK_EQUAL(peers[1].head.get_or("Micro-Id", ""), "7");
    CAF_CHECK_EQUAL(peers[1].head.get_or("X-Micro-Id", ""), "7");
    CAF_CHECK_EQUAL(peers[1].head.get_or("X-Head", ""), "1");
    CAF_CHECK(!peers[1].ended);
    receiver->on_end(fields_of_end("EOS"));
    run();
    CAF_CHECK(!why);
    CAF_CHECK_EQUAL(end_of(1), "EOS");
    CAF_CHECK_EQUAL(peers[1].trailers.get_or("X-Micro-Error", ""), "EOS");
    CAF_CHECK_EQUAL(peers[1].trailers.get_or("X-Tail", ""), "2");
  }

  CAF_TEST(the request of a method that streams to the client is the second message) {
    auto receiver = take(first("Chatter.Count"));
    CAF_REQUIRE(receiver != nullptr);
    CAF_CHECK(asked.empty());
    receiver->on_data(framed({"input"}));
    run();
    CAF_CHECK_EQUAL(asked, (texts{"input"}));
  }

  CAF_TEST(a failure stands in the last message) {
    auto receiver = take(first("Chatter.Chat"));
    receiver->on_data(framed({"fail"}));
    run();
    CAF_CHECK_EQUAL(end_of(1), "{\"id\":\"chatter\",\"code\":403,\"detail\":\"minus "
                               "one\",\"status\":\"Forbidden\"}");
    CAF_CHECK_EQUAL(peers[1].heads, 0);
  }

  CAF_TEST(what a client says in place of EOS is what the handler sees) {
    auto receiver = take(first("Chatter.Chat"));
    receiver->on_end(fields_of_end("{\"code\":409,\"detail\":\"changed my mind\"}"));
    run();
    CAF_CHECK_EQUAL(why.detail, "changed my mind");
  }

  CAF_TEST(a client that leaves cancels the call) {
    auto receiver = take(first("Chatter.Chat"));
    receiver->on_reset({errc::connection_lost, "gone"});
    run();
    CAF_CHECK_EQUAL(why.reason, errc::connection_lost);
    CAF_CHECK(!peers[1].ended);
  }

  CAF_TEST(what can not be opened is refused in a last message) {
    struct refusal {
      http_request what;
      std::string code;
      std::string text;
    };
    auto late = first("Chatter.Chat");
    late.fields.add("Timeout", "0");
    auto broken = first("Chatter.Chat");
    broken.fields.add("Timeout", "soon");
    refusal table[] = {
        {first("Chatter.Shout"), "404", "rpc: can't find method Chatter.Shout"},
        {first("Printer.Print"), "404", "rpc: can't find service Printer"},
        {first("Chat"), "400", "rpc: service/endpoint request ill-formed: Chat"},
        {first("Chatter.Chat", "text/xml"), "415",
         "Unsupported Content-Type: text/xml"},
        {first("Chatter.Chat", "application/json-rpc"), "415",
         "application/json-rpc has an envelope for each call"},
        {std::move(late), "408", "the deadline passed before the call was started"},
        {std::move(broken), "400", "Timeout: soon is no decimal number"},
    };
    for (auto& x : table) {
      peers.clear();
      auto receiver = take(std::move(x.what));
      CAF_REQUIRE(receiver != nullptr);
      auto said = end_of(1);
      CAF_CHECK_EQUAL(parse_error(said).code, std::stoi(x.code));
      CAF_CHECK(parse_error(said).detail.find(x.text) != std::string::npos);
      CAF_CHECK_EQUAL(peers[1].trailers.get_or("Micro-Id", ""), "7");
      // Whatever else comes is dropped.
      receiver->on_data(framed({"x"}));
    }
    CAF_CHECK(asked.empty());
  }

  CAF_TEST(messages above the bound fail the call) {
    env->message_bytes = 100;
    auto receiver = take(first("Chatter.Chat"));
    receiver->on_data(framed({std::string(200, 'x')}));
    run();
    CAF_CHECK_EQUAL(why.reason, errc::limit_exceeded);
    CAF_CHECK(end_of(1).find("\"code\":") != std::string::npos);
  }

  CAF_TEST(a client says EOS and reads to that of the server) {
    auto stream = call(method_kind::bidi_stream);
    note_stream user{stream->make_handle()};
    user.write(to_note("a"));
    opened();
    user.write(to_note("b"));
    user.end();
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
    CAF_CHECK_EQUAL(end_of(1), "EOS");
    texts got;
    error failure;
    bool done = false;
    auto collect = [](note_stream from, texts& into, error& reason,
                      bool& over) -> task {
      while (auto next = co_await from.read())
        into.push_back(next->value());
      reason = from.failure();
      over = true;
    };
    collect(user, got, failure, done).detach();
    answer({"x", "y"});
    CAF_CHECK(!done);
    peer->on_end(fields_of_end("EOS"));
    run();
    CAF_CHECK(done);
    CAF_CHECK(!failure);
    CAF_CHECK_EQUAL(got, (texts{"x", "y"}));
    CAF_REQUIRE(outcome);
    CAF_CHECK(!*outcome);
  }

  CAF_TEST(a client reads the error that ends a stream) {
    auto stream = call(method_kind::bidi_stream);
    opened();
    answer({});
    peer->on_end(fields_of_end(
        R"({"id":"greeter","code":403,"detail":"minus one","status":"Forbidden"})"));
    run();
    CAF_REQUIRE(outcome);
    CAF_CHECK_EQUAL(outcome->id, "greeter");
    CAF_CHECK_EQUAL(outcome->reason, errc::permission_denied);
    CAF_CHECK_EQUAL(outcome->detail, "minus one");
  }

  CAF_TEST(an end without Micro-Error is none) {
    auto stream = call(method_kind::bidi_stream);
    opened();
    answer({});
    peer->on_end({});
    run();
    CAF_REQUIRE(outcome);
    CAF_CHECK_EQUAL(outcome->reason, errc::protocol_error);
  }

  CAF_TEST(another status than 200 fails the call) {
    auto stream = call(method_kind::bidi_stream);
    opened();
    http_response head;
    head.status = 503;
    head.body = "busy";
    peer->on_head(std::move(head));
    run();
    CAF_REQUIRE(outcome);
    CAF_CHECK_EQUAL(outcome->detail, "503 Service Unavailable: busy");
    CAF_CHECK_EQUAL(outcome->id, "go.micro.client.transport");
    CAF_CHECK(peers[1].reset);
  }

  CAF_TEST(a refusal of Go Micro for the content type is no message) {
    auto stream = call(method_kind::bidi_stream);
    note_stream user{stream->make_handle()};
    user.on_message([](const note&) { CAF_ERROR("no message was sent"); });
    opened();
    http_response head;
    head.fields.add("Content-Type", "text/plain");
    peer->on_head(std::move(head));
    std::string record;
    auto begin = grpc::begin_message(record);
    record += "Unsupported Content-Type: x";
    CAF_REQUIRE(grpc::end_message(record, begin));
    peer->on_data(record);
    run();
    CAF_REQUIRE(outcome);
    CAF_CHECK_EQUAL(outcome->reason, errc::unsupported_content_type);
    CAF_CHECK_EQUAL(outcome->detail, "Unsupported Content-Type: x");
  }

  CAF_TEST(the one message of a Go Micro server that was told EOS is the end) {
    for (auto of_go_micro : {true, false}) {
      outcome.reset();
      peers.clear();
      auto stream = call(method_kind::client_stream);
      note_stream user{stream->make_handle()};
      std::string got;
      user.on_message([&got](const note& x) { got = x.value(); });
      user.write(to_note("a"));
      user.end();
      opened();
      CAF_CHECK_EQUAL(end_of(1), "EOS");
      answer({"sum"}, of_go_micro);
      CAF_CHECK_EQUAL(got, "sum");
      CAF_CHECK_EQUAL(outcome.has_value(), of_go_micro);
      CAF_CHECK_EQUAL(peers[1].reset, of_go_micro);
      if (!of_go_micro)
        peer->on_end(fields_of_end("EOS"));
      run();
      CAF_REQUIRE(outcome);
      CAF_CHECK(!*outcome);
    }
  }

  CAF_TEST(a client says no EOS behind the only message of its own) {
    auto request = to_note("input");
    auto stream = std::make_shared<detail::client_stream>(
        detail::client_terms{*codec, coding, message_bytes}, lane_home(), bounds,
        method_kind::server_stream, 2);
    CAF_REQUIRE(stream->set_request(request));
    stream->begin([this](const std::shared_ptr<detail::client_stream>& x) {
      peer = x->make_receiver(detail::stream_protocol::mucp);
    });
    opened();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"input"}));
    CAF_CHECK(!peers[1].ended);
    stream->cancel();
    run();
    CAF_CHECK(peers[1].reset);
  }

  CAF_TEST(what was compressed before the node was found is sent as it was) {
    coding = grpc::coding::gzip;
    auto stream = call(method_kind::bidi_stream);
    note_stream user{stream->make_handle()};
    auto large = std::string(1000, 'x');
    user.write(to_note(large));
    opened();
    user.write(to_note(large));
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{large, large}));
    stream->cancel();
    run();
  }

  CAF_TEST_FIXTURE_SCOPE_END()
