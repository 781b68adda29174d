#define CAF_SUITE stream_coroutine

#include "server_world.hpp"

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

task echo_all(context&, note_stream peer) {
  while (auto next = co_await peer.read())
    if (!co_await peer.write(*next))
      co_return;
}

const scripted::script echoes = [](context& call, note&, detail::stream_ptr core) {
  return echo_all(call, note_stream{std::move(core)});
};

const auto everywhere = {worker, lane};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_coroutine_tests, server_world)

  CAF_TEST(a coroutine answers each message and ends the call) {
    for (auto where : everywhere) {
      peers.clear();
      auto peer = open(serve(where, echoes), chat);
      peer->on_data(framed({"a", "b"}));
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
      CAF_CHECK(!peers[1].ended);
      peer->on_data(framed({"c"}));
      peer->on_end({});
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b", "c"}));
      CAF_CHECK_EQUAL(peers[1].heads, 1);
      CAF_CHECK_EQUAL(peers[1].status, "0");
      CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
    }
  }

  CAF_TEST(slicing does not matter) {
    std::string large(3000, 'x');
    texts all{"", "a", large, "b", ""};
    auto body = framed(all);
    for (auto where : everywhere)
      for (size_t size : {1u, 2u, 5u, 7u, 100u, 3004u}) {
        peers.clear();
        auto peer = open(serve(where, echoes), chat);
        for (size_t i = 0; i < body.size(); i += size) {
          peer->on_data(std::string_view{body}.substr(i, size));
          if (i % 3 == 0)
            run();
        }
        peer->on_end({});
        run();
        CAF_CHECK(peers[1].texts() == all);
        CAF_CHECK_EQUAL(peers[1].status, "0");
      }
  }

  CAF_TEST(what comes while a worker is busy costs one message and one write) {
    auto& shell = serve(worker, echoes);
    auto peer = open(shell, chat);
    for (int i = 0; i < 100; ++i)
      peer->on_data(framed({"x"}));
    CAF_CHECK_EQUAL(sched.jobs.size(), 1u);
    // One message; only the connection, which got the answers, has work then.
    sched.run_once();
    CAF_CHECK_EQUAL(sched.jobs.size(), 1u);
    run();
    CAF_CHECK_EQUAL(peers[1].texts().size(), 100u);
    CAF_CHECK_EQUAL(peers[1].writes, 1);
  }

  CAF_TEST(streams of one handler share a wake-up and none runs before it is brought) {
    auto& shell = serve(worker, echoes);
    auto first = open(shell, chat, 1);
    first->on_data(framed({"a"}));
    // Its call comes behind the wake-up of the first, its message with it.
    auto second = try_open(shell, chat, 2);
    CAF_REQUIRE(second);
    (*second)->on_data(framed({"b"}));
    auto third = try_open(shell, chat, 3);
    CAF_REQUIRE(third);
    (*third)->on_reset({errc::cancelled, "gone"});
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a"}));
    CAF_CHECK_EQUAL(peers[2].texts(), (texts{"b"}));
    CAF_CHECK(!peers[3].ended);
    (*second)->on_end({});
    first->on_end({});
    run();
    CAF_CHECK_EQUAL(peers[2].status, "0");
    CAF_CHECK_EQUAL(shell.streams->load(), 0u);
  }

  CAF_TEST(a peer that resets the stream ends the coroutine and frees what it holds) {
    int living = 0;
    int cancels = 0;
    error why;
    auto talk = [&](context& call, note_stream peer) -> task {
      alive here{living};
      call.on_cancel([&cancels] { ++cancels; });
      while (co_await peer.read())
        ; // nop
      why = peer.failure();
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    for (auto where : everywhere) {
      why = {};
      cancels = 0;
      auto peer = open(serve(where, script), chat);
      CAF_CHECK_EQUAL(living, 1);
      peer->on_reset({errc::cancelled, "the peer reset the stream"});
      run();
      CAF_CHECK_EQUAL(living, 0);
      CAF_CHECK_EQUAL(cancels, 1);
      CAF_CHECK(why.reason == errc::cancelled);
      peer.reset();
      CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
      CAF_CHECK(!peers[1].ended);
    }
  }

  CAF_TEST(a reset overtakes messages that wait) {
    int taken = 0;
    auto talk = [&](context&, note_stream peer) -> task {
      while (co_await peer.read())
        ++taken;
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    auto peer = open(serve(worker, script), chat);
    peer->on_data(framed({"a", "b"}));
    peer->on_reset({errc::cancelled, "gone"});
    run();
    CAF_CHECK_EQUAL(taken, 0);
  }

  CAF_TEST(a writer waits while its output is over the bound) {
    int written = 0;
    bool ended = false;
    auto talk = [&](context&, note_stream peer) -> task {
      while (co_await peer.write(to_note(std::string(1000, 'x'))))
        ++written;
      ended = true;
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    for (auto where : everywhere) {
      peers.clear();
      written = 0;
      ended = false;
      auto peer = open(serve(where, script), chat);
      auto first = peers[1].body.size();
      CAF_CHECK(first >= bounds.output_bytes);
      CAF_CHECK(first < bounds.output_bytes + 1100);
      // Not enough has left.
      peer->on_written(first / 2 - 2000);
      run();
      CAF_CHECK_EQUAL(peers[1].body.size(), first);
      peer->on_written(3000);
      run();
      CAF_CHECK(peers[1].body.size() > first + bounds.output_bytes / 2 - 2000);
      CAF_CHECK(peers[1].body.size() < first + bounds.output_bytes);
      CAF_CHECK(!ended);
      peer->on_reset({errc::cancelled, "gone"});
      run();
      CAF_CHECK(ended);
    }
  }

  CAF_TEST(the window opens when messages are taken and not before) {
    std::vector<detail::stream_ptr> held;
    scripted::script hold = [&](context&, note&, detail::stream_ptr core) {
      held.push_back(std::move(core));
      return task{};
    };
    for (auto where : everywhere) {
      peers.clear();
      auto peer = open(serve(where, hold), chat);
      for (int i = 0; i < 200; ++i)
        peer->on_data(framed({std::string(995, 'x')}));
      run();
      CAF_CHECK_EQUAL(peers[1].consumed, 0u);
      note x;
      note_stream user{held.back()};
      auto read_all = [](note_stream from) -> task {
        while (co_await from.read())
          ; // nop
      };
      user.at_home([&] { read_all(user).detach(); });
      run();
      auto all = 200 * framed({std::string(995, 'x')}).size();
      CAF_CHECK(peers[1].consumed <= all);
      CAF_CHECK(peers[1].consumed >= all - bounds.limits.consume_bytes);
      peer->on_reset({errc::cancelled, "gone"});
      held.clear();
      run();
    }
  }

  CAF_TEST(a message larger than the window gets through) {
    std::string large(1024 * 1024, 'x');
    auto body = framed({large});
    for (auto where : everywhere) {
      peers.clear();
      bounds.output_bytes = 4 * 1024 * 1024;
      auto peer = open(serve(where, echoes), chat);
      size_t sent = 0;
      while (sent < body.size()) {
        auto room = bounds.window_bytes - (sent - peers[1].consumed);
        CAF_REQUIRE(room > 0);
        auto part = std::string_view{body}.substr(sent, std::min<size_t>(room, 16384));
        peer->on_data(part);
        sent += part.size();
        run();
      }
      peer->on_end({});
      run();
      CAF_CHECK(peers[1].texts() == texts{large});
    }
  }

  CAF_TEST(an exception answers 500 and replaces the object for the next call) {
    auto talk = [](context&, note_stream peer) -> task {
      auto next = co_await peer.read();
      if (next && next->value() == "throw")
        throw std::runtime_error("broken");
      co_await peer.write(*next);
      while (co_await peer.read())
        co_await peer.write(to_note("still here"));
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    for (auto where : everywhere) {
      peers.clear();
      objects = 0;
      failures.clear();
      auto& shell = serve(where, script);
      auto good = open(shell, chat, 1);
      good->on_data(framed({"hi"}));
      auto bad = open(shell, chat, 2);
      bad->on_data(framed({"throw"}));
      run();
      CAF_CHECK_EQUAL(peers[2].status, "13");
      CAF_CHECK(peers[2].message.find("broken") != std::string::npos);
      CAF_CHECK_EQUAL(objects, 2);
      CAF_REQUIRE_EQUAL(failures.size(), 1u);
      CAF_CHECK(failures[0].find("Chatter.Chat threw: broken") != std::string::npos);
      // The innocent stream goes on.
      good->on_data(framed({"x"}));
      good->on_end({});
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"hi", "still here"}));
      CAF_CHECK_EQUAL(peers[1].status, "0");
      auto next = open(shell, chat, 3);
      next->on_data(framed({"again"}));
      run();
      CAF_CHECK_EQUAL(peers[3].texts(), (texts{"again"}));
    }
  }

  CAF_TEST(an actor that ends frees the frames of its streams) {
    int living = 0;
    auto talk = [&](context&, note_stream peer) -> task {
      alive here{living};
      while (co_await peer.read())
        ; // nop
    };
    scripted::script script = [&](context& call, note&, detail::stream_ptr core) {
      return talk(call, note_stream{std::move(core)});
    };
    for (auto where : everywhere) {
      peers.clear();
      auto& shell = serve(where, script);
      auto peer = open(shell, chat);
      CAF_CHECK_EQUAL(living, 1);
      caf::anon_send_exit(shell.actor, caf::exit_reason::user_shutdown);
      run();
      CAF_CHECK_EQUAL(living, 0);
      CAF_CHECK_EQUAL(peers[1].status, "14");
    }
  }

  CAF_TEST(a broken message fails the stream) {
    for (auto where : everywhere) {
      peers.clear();
      auto peer = open(serve(where, echoes), chat);
      peer->on_data(std::string{"\x07\x00\x00\x00\x01x", 6});
      run();
      CAF_CHECK_EQUAL(peers[1].status, "13");
      peers.clear();
      auto truncated = open(serve(where, echoes), chat);
      truncated->on_data(framed({"abc"}).substr(0, 6));
      truncated->on_end({});
      run();
      CAF_CHECK_EQUAL(peers[1].status, "13");
      peers.clear();
      auto no_proto = open(serve(where, echoes), chat);
      no_proto->on_data(std::string{"\x00\x00\x00\x00\x01\xff", 6});
      run();
      CAF_CHECK_EQUAL(peers[1].status, "3");
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
