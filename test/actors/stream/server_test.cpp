#define CAF_SUITE stream_server

#include "server_world.hpp"

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

const auto everywhere = {worker, lane};

// Keeps whatever stream it gets.
struct fixture : server_world {
  scripted::script keep() {
    return [this](context& call, note& request, detail::stream_ptr core) {
      requests.push_back(request.value());
      call.on_done([this](const outcome& x) { outcomes.push_back(x.failure); });
      held.emplace_back(std::move(core));
      return task{};
    };
  }

  ~fixture() {
    held.clear();
    run();
  }

  std::vector<note_stream> held;
  texts requests;
  std::vector<error> outcomes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_server_tests, fixture)

  CAF_TEST(callbacks answer messages and the end) {
    scripted::script script = [](context&, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      peer.on_message([peer](const note& x) { peer.write(x); });
      peer.on_end([peer](const error&) { peer.end(); });
      return task{};
    };
    for (auto where : everywhere) {
      peers.clear();
      auto peer = open(serve(where, script), chat);
      peer->on_data(framed({"a", "b"}));
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
      CAF_CHECK(!peers[1].ended);
      peer->on_end({});
      run();
      CAF_CHECK_EQUAL(peers[1].status, "0");
      peer.reset();
      // The callbacks held the stream: they are gone.
      CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
    }
  }

  CAF_TEST(callbacks are told of a reset and go) {
    error why;
    scripted::script script = [&](context&, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      peer.on_message([peer](const note& x) { peer.write(x); });
      peer.on_end([peer, &why](const error& x) { why = x; });
      return task{};
    };
    auto peer = open(serve(worker, script), chat);
    peer->on_reset({errc::cancelled, "gone"});
    run();
    CAF_CHECK(why.reason == errc::cancelled);
    peer.reset();
    CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
  }

  CAF_TEST(callbacks get no messages while the peer does not read) {
    int taken = 0;
    scripted::script script = [&](context&, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      peer.on_message([peer, &taken](const note& x) {
        ++taken;
        peer.write(x);
      });
      return task{};
    };
    for (auto where : everywhere) {
      peers.clear();
      taken = 0;
      bounds.output_bytes = 2000;
      auto peer = open(serve(where, script), chat);
      for (int i = 0; i < 10; ++i)
        peer->on_data(framed({std::string(500, 'x')}));
      run();
      CAF_CHECK_EQUAL(taken, 4);
      peer->on_written(peers[1].body.size());
      run();
      CAF_CHECK_EQUAL(taken, 8);
      peer->on_reset({errc::cancelled, "gone"});
      run();
    }
  }

  CAF_TEST(a callback may replace itself) {
    texts seen_by_second;
    scripted::script script = [&](context&, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      peer.on_message([peer, &seen_by_second](const note&) {
        peer.on_message([peer, &seen_by_second](const note& x) {
          seen_by_second.push_back(x.value());
        });
      });
      return task{};
    };
    auto peer = open(serve(worker, script), chat);
    peer->on_data(framed({"a", "b", "c"}));
    run();
    CAF_CHECK_EQUAL(seen_by_second, (texts{"b", "c"}));
    peer->on_reset({errc::cancelled, "gone"});
    run();
  }

  CAF_TEST(a writer that awaits nothing loses the stream) {
    auto script = keep();
    bounds.limits.unawaited_output_bytes = 100'000;
    auto peer = open(serve(worker, script), chat);
    bool accepted = true;
    int writes = 0;
    held[0].at_home([&] {
      while ((accepted =
                  static_cast<bool>(held[0].write(to_note(std::string(1000, 'x'))))))
        ++writes;
    });
    run();
    CAF_CHECK(writes < 101);
    CAF_CHECK_EQUAL(peers[1].status, "8");
    CAF_CHECK(peers[1].message.find("unawaited_output_bytes") != std::string::npos);
  }

  CAF_TEST(room is told once after the output was full) {
    auto script = keep();
    int told = 0;
    bounds.output_bytes = 2000;
    auto peer = open(serve(worker, script), chat);
    held[0].at_home([&] {
      held[0].on_writable([&told] { ++told; });
      held[0].write(to_note("small"));
    });
    run();
    peer->on_written(peers[1].body.size());
    run();
    CAF_CHECK_EQUAL(told, 0);
    held[0].at_home([&] { held[0].write(to_note(std::string(3000, 'x'))); });
    run();
    CAF_CHECK(!held[0].writable());
    peer->on_written(1000);
    run();
    CAF_CHECK_EQUAL(told, 0);
    peer->on_written(1500);
    run();
    CAF_CHECK_EQUAL(told, 1);
    CAF_CHECK(held[0].writable());
  }

  CAF_TEST(a stream that nobody holds fails) {
    auto script = keep();
    for (auto where : everywhere) {
      peers.clear();
      outcomes.clear();
      auto peer = open(serve(where, script), chat);
      CAF_CHECK(!peers[1].ended);
      held.clear();
      run();
      CAF_CHECK_EQUAL(peers[1].status, "13");
      CAF_CHECK(peers[1].message.find("dropped") != std::string::npos);
      CAF_REQUIRE_EQUAL(outcomes.size(), 1u);
      CAF_CHECK(outcomes[0].reason == errc::internal);
    }
  }

  CAF_TEST(a request is complete before its method runs) {
    auto script = keep();
    for (auto where : everywhere) {
      peers.clear();
      requests.clear();
      auto peer = open(serve(where, script), count);
      auto body = framed({"seven"});
      peer->on_data(std::string_view{body}.substr(0, 7));
      run();
      CAF_CHECK(requests.empty());
      peer->on_data(std::string_view{body}.substr(7));
      peer->on_end({});
      run();
      CAF_CHECK_EQUAL(requests, (texts{"seven"}));
      CAF_CHECK(!peers[1].ended);
      held.back().at_home([&] {
        held.back().write(to_note("1"));
        held.back().end();
      });
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"1"}));
      CAF_CHECK_EQUAL(peers[1].status, "0");
    }
  }

  CAF_TEST(a request that never comes runs no method) {
    auto script = keep();
    auto peer = open(serve(lane, script), count);
    peer->on_end({});
    run();
    CAF_CHECK(requests.empty());
    CAF_CHECK_EQUAL(peers[1].status, "13");
  }

  CAF_TEST(a deadline ends the call and its coroutine) {
    int living = 0;
    bool cancelled = false;
    error why;
    auto talk = [&](context& call, note_stream peer) -> task {
      alive here{living};
      call.on_cancel([&cancelled] { cancelled = true; });
      while (co_await peer.read())
        ; // nop
      why = peer.failure();
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    for (auto where : everywhere) {
      peers.clear();
      cancelled = false;
      auto& shell = serve(where, script);
      auto peer = try_open(shell, chat, 1, 1s);
      CAF_REQUIRE(peer);
      sched.run();
      mpx.flush_runnables();
      CAF_CHECK_EQUAL(living, 1);
      for (int i = 0; i < 99; ++i) {
        sched.advance_time(10ms);
        sched.run();
        mpx.flush_runnables();
      }
      CAF_CHECK_EQUAL(living, 1);
      sched.advance_time(20ms);
      run();
      CAF_CHECK_EQUAL(living, 0);
      CAF_CHECK_EQUAL(peers[1].status, "4");
      CAF_CHECK(cancelled);
      CAF_CHECK(why.reason == errc::timeout);
    }
  }

  CAF_TEST(more streams than allowed are refused) {
    auto script = keep();
    auto& shell = serve(worker, script);
    shell.max_streams = 2;
    auto a = open(shell, chat, 1);
    auto b = open(shell, chat, 2);
    auto c = try_open(shell, chat, 3);
    CAF_REQUIRE(!c);
    CAF_CHECK(c.error().reason == errc::overloaded);
    b->on_reset({errc::cancelled, "gone"});
    run();
    b.reset();
    held.pop_back();
    run();
    CAF_CHECK(try_open(shell, chat, 4));
    run();
  }

  CAF_TEST(wrappers see the opening once and may refuse it) {
    int openings = 0;
    handler_wrapper watch = [&openings](handler_function next) -> handler_function {
      return [&openings, next](context& call, const google::protobuf::Message& x) {
        ++openings;
        if (call.headers().contains("x-refuse"))
          call.fail({errc::permission_denied, "not you"});
        else
          next(call, x);
      };
    };
    auto script = keep();
    auto& shell = serve(worker, script, {watch});
    auto peer = open(shell, chat, 1);
    peer->on_data(framed({"a", "b"}));
    run();
    CAF_CHECK_EQUAL(openings, 1);
    CAF_CHECK_EQUAL(held.size(), 1u);
    auto call = make_call(shell, chat);
    call->call.headers.add("x-refuse", "1");
    auto wire = detail::make_grpc_server_wire(
        net::stream_sender{connection, 2},
        {call->call.style, *codec, call->reply_headers, trailers,
         grpc::coding::identity, coding, message_bytes});
    auto refused = detail::open_server_stream(shell, {call, std::move(wire), bounds});
    run();
    CAF_CHECK_EQUAL(openings, 2);
    CAF_CHECK_EQUAL(held.size(), 1u);
    CAF_CHECK_EQUAL(peers[2].status, "7");
  }

  CAF_TEST(a wrapper that forgets the call fails it) {
    handler_wrapper forget = [](handler_function) -> handler_function {
      return [](context&, const google::protobuf::Message&) {};
    };
    auto script = keep();
    auto peer = open(serve(worker, script, {forget}), chat);
    CAF_CHECK_EQUAL(peers[1].status, "13");
  }

  CAF_TEST(a long call forgets the calls that it made and that are over) {
    auto script = keep();
    auto& shell = serve(worker, script);
    auto call = make_call(shell, chat);
    int told = 0;
    auto alive_one = std::make_shared<int>(0);
    std::weak_ptr<int> last;
    call->on_cancel(alive_one, [&told] { ++told; });
    for (int i = 0; i < 1000; ++i) {
      auto owner = std::make_shared<int>(i);
      // What is kept for an owner is kept with it.
      auto held_by_watch = std::make_shared<int>(i);
      if (i == 0)
        last = held_by_watch;
      call->on_cancel(owner, [held_by_watch, &told] { ++told; });
    }
    CAF_CHECK(last.expired());
    call->cancel();
    // The living one and the few that were not looked through yet.
    CAF_CHECK(told >= 1);
    CAF_CHECK(told < 70);
  }

  CAF_TEST(headers go in front and what is set later behind) {
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      call.reply_headers().set("x-first", "1");
      peer.write(to_note("a"));
      call.reply_headers().set("x-late", "2");
      peer.end();
      return task{};
    };
    auto peer = open(serve(worker, script), chat);
    CAF_CHECK_EQUAL(peers[1].head.get_or("x-first", ""), "1");
    CAF_CHECK_EQUAL(peers[1].trailers.get_or("x-late", ""), "2");
    CAF_CHECK(!peers[1].trailers.contains("x-first"));
  }

  CAF_TEST(compressed messages are read and written) {
    coding = grpc::coding::gzip;
    scripted::script script = [](context&, note&, detail::stream_ptr core) {
      note_stream peer{std::move(core)};
      peer.write(to_note(std::string(5000, 'z')));
      peer.end();
      return task{};
    };
    auto& shell = serve(worker, script);
    auto call = make_call(shell, chat);
    call->call.style.accepts = 0xff;
    auto wire = detail::make_grpc_server_wire(
        net::stream_sender{connection, 1},
        {call->call.style, *codec, call->reply_headers, trailers,
         grpc::coding::identity, coding, message_bytes});
    auto peer = detail::open_server_stream(shell, {call, std::move(wire), bounds});
    run();
    CAF_CHECK_EQUAL(peers[1].head.get_or("grpc-encoding", ""), "gzip");
    CAF_CHECK(peers[1].body.size() < 500);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
