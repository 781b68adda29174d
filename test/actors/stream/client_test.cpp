#define CAF_SUITE stream_client

#include "client_world.hpp"

using namespace mica;
using namespace mica::test;

namespace {

using texts = std::vector<std::string>;

// Reads to the end.
task collect(note_stream from, texts& into, error& why, bool& done) {
  while (auto next = co_await from.read())
    into.push_back(next->value());
  why = from.failure();
  done = true;
}

struct fixture : client_world {
  void read_all(const note_stream& from) {
    collect(from, got, why, done).detach();
  }

  texts got;
  error why;
  bool done = false;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_client_tests, fixture)

  CAF_TEST(what is written before the stream is open leaves when it is) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    user.write(to_note("a"));
    user.write(to_note("b"));
    user.end();
    run();
    CAF_CHECK_EQUAL(openings, 1);
    CAF_CHECK(peers[1].body.empty());
    opened();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
    CAF_CHECK(peers[1].ended);
    CAF_CHECK(!user.write(to_note("c")));
  }

  CAF_TEST(messages then the outcome arrive with the metadata) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    auto head = grpc_head();
    head.fields.add("x-text", "hello");
    head.fields.add("x-bytes-bin", "AAEC");
    peer->on_head(std::move(head));
    peer->on_data(framed({"a", "b"}));
    CAF_CHECK_EQUAL(got, (texts{"a", "b"}));
    CAF_CHECK(!done);
    auto end = grpc_status("0");
    end.add("x-after", "bye");
    peer->on_end(std::move(end));
    CAF_CHECK(done);
    CAF_CHECK(!why);
    CAF_CHECK_EQUAL(user.headers().get_or("x-text", ""), "hello");
    CAF_CHECK_EQUAL(user.headers().get_or("x-bytes-bin", ""),
                    std::string_view("\x00\x01\x02", 3));
    CAF_CHECK_EQUAL(user.trailers().get_or("x-after", ""), "bye");
    CAF_REQUIRE(outcome);
    CAF_CHECK(!*outcome);
  }

  CAF_TEST(a failure comes behind the messages before it) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    peer->on_head(grpc_head());
    peer->on_data(framed({"a"}));
    peer->on_end(grpc_status("5", "no such thing"));
    CAF_CHECK_EQUAL(got, (texts{"a"}));
    CAF_CHECK(why.reason == errc::not_found);
    CAF_CHECK_EQUAL(why.detail, "no such thing");
    CAF_REQUIRE(outcome);
    CAF_CHECK(*outcome == why);
  }

  CAF_TEST(a failure in the head alone is the outcome) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    auto head = grpc_head();
    head.fields.add("grpc-status", "16");
    peer->on_head(std::move(head));
    peer->on_end({});
    CAF_CHECK(done);
    CAF_CHECK(why.reason == errc::unauthenticated);
  }

  CAF_TEST(a response that is no gRPC fails the call and is given up) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    http_response head;
    head.status = 502;
    head.fields.add("content-type", "text/html");
    peer->on_head(std::move(head));
    run();
    CAF_CHECK(done);
    CAF_CHECK(why.detail.find("502") != std::string::npos);
    CAF_CHECK(peers[1].reset);
    // Nothing that follows matters.
    peer->on_data("<html>");
    peer->on_end({});
    run();
    CAF_CHECK(got.empty());
  }

  CAF_TEST(what never reached a handler is opened again with all that was sent) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    user.write(to_note("a"));
    opened(1);
    user.write(to_note("b"));
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
    auto first = std::move(peer);
    first->on_reset({errc::connection_failed, "refused"});
    CAF_REQUIRE_EQUAL(openings, 2);
    user.write(to_note("c"));
    user.end();
    opened(2);
    CAF_CHECK_EQUAL(peers[2].texts(), (texts{"a", "b", "c"}));
    CAF_CHECK(peers[2].ended);
    CAF_CHECK(!done);
    // Once more is once too often.
    auto second = std::move(peer);
    second->on_reset({errc::connection_failed, "refused again"});
    CAF_CHECK_EQUAL(openings, 2);
    CAF_CHECK(done);
    CAF_CHECK(why.reason == errc::connection_failed);
  }

  CAF_TEST(what a peer has begun to answer is not opened again) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    peer->on_head(grpc_head());
    peer->on_reset({errc::connection_failed, "odd"});
    CAF_CHECK_EQUAL(openings, 1);
    CAF_CHECK(done);
  }

  CAF_TEST(a stream that nobody holds is cancelled) {
    auto stream = begin(lane_home());
    {
      note_stream user{stream->make_handle()};
      opened();
    }
    run();
    CAF_CHECK(peers[1].reset);
    CAF_REQUIRE(outcome);
    CAF_CHECK(outcome->reason == errc::cancelled);
  }

  CAF_TEST(a stream that is cancelled before it is open is given up when it is) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    read_all(user);
    user.cancel();
    run();
    CAF_CHECK(done);
    CAF_CHECK(why.reason == errc::cancelled);
    opened();
    CAF_CHECK(peers[1].reset);
  }

  CAF_TEST(a call with one answer that has none fails) {
    auto stream = begin(lane_home(), method_kind::client_stream);
    note_stream user{stream->make_handle()};
    read_all(user);
    opened();
    peer->on_head(grpc_head());
    peer->on_end(grpc_status("0"));
    CAF_CHECK(done);
    CAF_CHECK(why.reason == errc::internal);
  }

  CAF_TEST(a single request is sent and ends our side) {
    auto request = to_note("how many");
    auto stream = begin(lane_home(), method_kind::server_stream, &request);
    mica::stream<note, void> user{stream->make_handle()};
    opened();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"how many"}));
    CAF_CHECK(peers[1].ended);
    CAF_CHECK(!peers[1].reset);
  }

  CAF_TEST(a writer waits for a stream that is not open) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    int written = 0;
    auto talk = [](note_stream to, int& count) -> task {
      while (co_await to.write(to_note(std::string(1000, 'x'))))
        ++count;
    };
    talk(user, written).detach();
    run();
    CAF_CHECK(written >= 64);
    CAF_CHECK(written <= 66);
    opened();
    auto all = peers[1].body.size();
    peer->on_written(all);
    run();
    CAF_CHECK(written > 100);
    peer->on_reset({errc::connection_lost, "gone"});
    run();
  }

  CAF_TEST(callbacks get messages and the outcome where the caller is) {
    texts said;
    std::vector<std::string> ends;
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    user.at_home([&, user] {
      user.on_message([&](const note& x) { said.push_back(x.value()); });
      user.on_end([&](const error& x) { ends.push_back(x.detail); });
    });
    opened();
    peer->on_head(grpc_head());
    peer->on_data(framed({"a", "b"}));
    peer->on_end(grpc_status("3", "wrong"));
    CAF_CHECK_EQUAL(said, (texts{"a", "b"}));
    CAF_CHECK_EQUAL(ends, (texts{"wrong"}));
  }

  CAF_TEST(a callback that throws cancels the call) {
    auto stream = begin(lane_home());
    note_stream user{stream->make_handle()};
    user.on_message([](const note&) { throw std::runtime_error("broken"); });
    user.on_end([this](const error& x) { why = x; });
    opened();
    peer->on_head(grpc_head());
    peer->on_data(framed({"a", "b"}));
    run();
    CAF_CHECK(peers[1].reset);
    CAF_CHECK(why.reason == errc::internal);
    CAF_CHECK(why.detail.find("broken") != std::string::npos);
  }

  CAF_TEST(a stream that failed before it began says so at once) {
    note_stream user{detail::failed_stream({errc::unavailable, "stopped"})};
    read_all(user);
    CAF_CHECK(done);
    CAF_CHECK(why.reason == errc::unavailable);
    error told;
    user.on_end([&told](const error& x) { told = x; });
    CAF_CHECK_EQUAL(told.detail, "stopped");
    CAF_CHECK(!user.write(to_note("x")));
  }

  CAF_TEST(an actor that knows nothing of streams is their home by continuations) {
    caf::actor plain = sys.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](detail::continuation& x) { x.run(); }};
    });
    int posts = 0;
    auto home = std::make_shared<detail::continuation_home>([&](caller::start start) {
      // As the client actor would, later.
      caf::anon_send(plain, detail::continuation{[&, start] {
                       start([&](std::function<void()> run) {
                         ++posts;
                         caf::anon_send(plain, detail::continuation{std::move(run)});
                       });
                     }});
    });
    CAF_CHECK(home->arm());
    auto stream = begin(home);
    note_stream user{stream->make_handle()};
    user.at_home([this, user] { read_all(user); });
    run();
    opened();
    peer->on_head(grpc_head());
    for (auto text : {"a", "b", "c"})
      peer->on_data(framed({text}));
    CAF_CHECK(got.empty());
    run();
    CAF_CHECK_EQUAL(got, (texts{"a", "b", "c"}));
    peer->on_end(grpc_status("0"));
    run();
    CAF_CHECK(done);
    CAF_CHECK(posts < 6);
    stream = nullptr;
    user = note_stream{};
    peer = nullptr;
    home = nullptr;
    run();
    caf::anon_send_exit(plain, caf::exit_reason::user_shutdown);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
