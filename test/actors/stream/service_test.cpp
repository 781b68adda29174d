#define CAF_SUITE stream_service

#include "talk_service.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <mutex>

using namespace mica;
using namespace mica::test::talk;
using namespace std::chrono_literals;

namespace {

const auto everywhere = {worker, lane, mica::thread};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_service_tests, talk_fixture)

  CAF_TEST(messages go back and forth wherever the handler runs) {
    for (auto where : everywhere) {
      serve(where);
      for (auto& chat : {client->chat(to), client->discuss(to), client->act(to)}) {
        for (int i = 0; i < 100; ++i) {
          auto text = std::to_string(i);
          CAF_REQUIRE(chat.write(line(text)));
          auto echo = chat.read();
          CAF_REQUIRE(echo);
          CAF_REQUIRE_EQUAL(echo->text(), text);
        }
        chat.end();
        CAF_CHECK(!chat.read());
        CAF_CHECK(chat.finish());
      }
    }
  }

  CAF_TEST(a server streams) {
    for (auto where : everywhere) {
      serve(where);
      auto count = client->count(number(5000), to);
      int64_t expected_next = 1;
      while (auto next = count.read())
        CAF_REQUIRE_EQUAL(next->value(), expected_next++);
      CAF_CHECK_EQUAL(expected_next, 5001);
      CAF_CHECK(count.finish());
    }
  }

  CAF_TEST(a client streams) {
    for (auto where : everywhere) {
      serve(where);
      auto sum = client->sum(to);
      for (int i = 1; i <= 5000; ++i)
        CAF_REQUIRE(sum.write(number(i)));
      sum.end();
      auto total = sum.read();
      CAF_REQUIRE(total);
      CAF_CHECK_EQUAL(total->value(), 5000 * 5001 / 2);
      CAF_CHECK(sum.finish());
    }
  }

  CAF_TEST(nodes are found by the registry) {
    serve(worker);
    auto sum = client->sum();
    sum.write(number(2));
    sum.end();
    auto total = sum.read();
    CAF_REQUIRE(total);
    CAF_CHECK_EQUAL(total->value(), 2);
  }

  CAF_TEST(a handler calls another stream on its own actor) {
    for (auto where : everywhere) {
      serve(where);
      auto how = to;
      how.headers.add("talk-to", "talk");
      auto relay = client->relay(how);
      for (auto text : {"a", "b", "c"}) {
        CAF_REQUIRE(relay.write(line(text)));
        auto echo = relay.read();
        CAF_REQUIRE(echo);
        CAF_CHECK_EQUAL(echo->text(), text);
      }
      relay.end();
      auto done = relay.finish();
      CAF_CHECK(done);
    }
  }

  CAF_TEST(an error comes behind the messages before it) {
    for (auto where : everywhere) {
      serve(where);
      auto fail = client->fail(to);
      fail.write(line("no such line"));
      auto before = fail.read();
      CAF_REQUIRE(before);
      CAF_CHECK_EQUAL(before->text(), "before");
      CAF_CHECK(!fail.read());
      auto done = fail.finish();
      CAF_REQUIRE(!done);
      CAF_CHECK(done.error().reason == errc::not_found);
      CAF_CHECK_EQUAL(done.error().detail, "no such line");
      CAF_CHECK_EQUAL(done.error().id, "talk");
    }
  }

  CAF_TEST(what a handler throws answers 500) {
    serve(worker);
    auto how = to;
    how.headers.add("throw", "1");
    auto fail = client->fail(how);
    fail.write(line("broken"));
    auto done = fail.finish();
    CAF_REQUIRE(!done);
    CAF_CHECK_EQUAL(done.error().code, 500);
    CAF_CHECK(done.error().detail.find("broken") != std::string::npos);
  }

  CAF_TEST(a client that gives up ends the handler and frees what it holds) {
    for (auto where : everywhere) {
      serve(where);
      {
        auto flood = client->flood(line("x"), to);
        for (int i = 0; i < 10; ++i)
          CAF_REQUIRE(flood.read());
        CAF_CHECK_EQUAL(watch->living.load(), 1);
      }
      // The reset was sent before this, on the same connection.
      while (watch->living != 0)
        CAF_REQUIRE(
            client->plain(line("x"), {.address = to.address, .protocol = "grpc"}));
      CAF_CHECK_EQUAL(watch->cancelled.load(), 1);
    }
  }

  CAF_TEST(a deadline ends both sides) {
    for (auto where : everywhere) {
      serve(where);
      auto how = to;
      how.deadline = 100ms;
      auto ignore = client->ignore(how);
      CAF_CHECK(!ignore.read());
      CAF_CHECK(ignore.failure().reason == errc::timeout);
      auto why = watch->ended.get_future().get();
      CAF_CHECK(why.reason == errc::timeout || why.reason == errc::cancelled);
      CAF_CHECK_EQUAL(watch->cancelled.load(), 1);
    }
  }

  CAF_TEST(a writer runs no further ahead than windows and buffers are large) {
    // 32 MiB through a reader that is slower than the writer.
    constexpr int messages = 32 * 1024;
    for (auto where : {worker, lane}) {
      serve(where);
      auto flood = client->flood(line("x"), to);
      Line into;
      int64_t most = 0;
      for (int i = 0; i < messages; ++i) {
        CAF_REQUIRE(flood.read(into));
        most = std::max<int64_t>(most, watch->written - i);
      }
      // Both sides' windows and buffers, with room for the kernel's: in messages of
      // one kilobyte.
      CAF_CHECK(most < 8 * 1024);
      flood.cancel();
    }
  }

  CAF_TEST(a client can write no further ahead than that) {
    serve(worker);
    auto ignore = client->ignore(to);
    auto kilobyte = line(std::string(1024, 'x'));
    std::atomic<int> written{0};
    auto writer = std::async(std::launch::async, [&] {
      while (written < 64 * 1024 && ignore.write(kilobyte))
        ++written;
    });
    // Nobody reads: whatever the speed, the writer stops below the sum of all bounds.
    auto how = to;
    how.deadline = 300ms;
    auto other = client->ignore(how);
    CAF_CHECK(!other.read());
    ignore.cancel();
    writer.get();
    CAF_CHECK(written < 8 * 1024);
  }

  CAF_TEST(an asynchronous stream runs on the lane) {
    serve(worker);
    auto chat = client->chat(mica::caller{}, to);
    std::promise<std::vector<std::string>> heard;
    auto talk = [](stream<Line, Line> peer,
                   std::promise<std::vector<std::string>>& result) -> task {
      std::vector<std::string> texts;
      for (auto text : {"a", "b"}) {
        co_await peer.write(line(text));
        if (auto echo = co_await peer.read())
          texts.push_back(echo->text());
      }
      peer.end();
      if (!co_await peer.read() && !peer.failure())
        result.set_value(texts);
    };
    chat.at_home([&, chat] { talk(chat, heard).detach(); });
    CAF_CHECK((heard.get_future().get() == std::vector<std::string>{"a", "b"}));
  }

  CAF_TEST(a plain actor streams in its own context) {
    serve(lane);
    std::promise<int> count;
    system_of(*caller).spawn([&](caf::event_based_actor* self) {
      auto numbers = client->count(from(self), number(100), to);
      auto got = std::make_shared<int>(0);
      numbers.on_message([got](const Number&) { ++*got; });
      numbers.on_end([got, numbers, &count](const error& why) {
        count.set_value(why ? -1 : *got);
      });
    });
    CAF_CHECK_EQUAL(count.get_future().get(), 100);
  }

  CAF_TEST(a server that stops tells open streams) {
    for (auto where : everywhere) {
      serve(where);
      auto chat = client->chat(to);
      chat.write(line("x"));
      CAF_REQUIRE(chat.read());
      auto stopping = std::async(std::launch::async, [this] { server->stop(); });
      chat.end();
      CAF_CHECK(chat.finish());
      stopping.get();
      CAF_CHECK_EQUAL(watch->living.load(), 0);
    }
  }

  CAF_TEST(a client that stops fails its streams) {
    serve(worker);
    auto chat = client->chat(to);
    chat.write(line("x"));
    CAF_REQUIRE(chat.read());
    auto reader = std::async(std::launch::async, [&] { return chat.read(); });
    caller->stop();
    CAF_CHECK(!reader.get());
    CAF_CHECK(chat.failure());
    // And what comes later.
    auto late = client->chat(to);
    CAF_CHECK(!late.read());
    CAF_CHECK(late.failure().reason == errc::unavailable);
  }

  CAF_TEST(client wrappers see the opening once and the outcome) {
    serve(worker);
    int openings = 0;
    std::vector<std::string> outcomes;
    std::mutex mtx;
    client_wrapper watcher = [&](client_function next) -> client_function {
      return [&, next](client_request& request, call_done done) {
        ++openings;
        if (request.options.headers.contains("refuse"))
          return done(error{errc::permission_denied, "not from here"});
        next(request, [&, done](expected<void> outcome) {
          std::lock_guard guard{mtx};
          outcomes.push_back(outcome ? "ok" : outcome.error().detail);
          done(std::move(outcome));
        });
      };
    };
    auto what = options();
    what.client_wrappers = {watcher};
    service watched{"watched", what};
    talk_client through{watched, "talk"};
    auto numbers = through.count(number(3), to);
    int got = 0;
    while (numbers.read())
      ++got;
    CAF_CHECK_EQUAL(got, 3);
    CAF_CHECK(numbers.finish());
    auto fail = through.fail(to);
    fail.write(line("no such line"));
    CAF_CHECK(!fail.finish());
    auto how = to;
    how.headers.add("refuse", "1");
    auto refused = through.chat(how);
    CAF_CHECK(!refused.read());
    CAF_CHECK(refused.failure().reason == errc::permission_denied);
    CAF_CHECK_EQUAL(openings, 3);
    watched.stop();
    std::lock_guard guard{mtx};
    CAF_CHECK((outcomes == std::vector<std::string>{"ok", "no such line"}));
  }

  CAF_TEST(a stream that waits for a node gets the first there is) {
    auto chat = talk_client{*caller, "talk"}.chat({.wait_for_ready = true});
    chat.write(line("x"));
    serve(worker);
    auto echo = chat.read();
    CAF_REQUIRE(echo);
    CAF_CHECK_EQUAL(echo->text(), "x");
    chat.end();
    CAF_CHECK(chat.finish());
    // And without that wish it fails.
    auto none = talk_client{*caller, "nobody"}.chat(call_options{});
    CAF_CHECK(!none.read());
    CAF_CHECK(none.failure().reason == errc::service_not_found);
  }

  CAF_TEST(a blocking stream on a thread of actors is refused) {
    serve(worker);
    std::promise<errc> reason;
    system_of(*caller).spawn([&](caf::event_based_actor*) {
      auto chat = client->chat(to);
      static_cast<void>(chat.read());
      reason.set_value(chat.failure().reason);
    });
    CAF_CHECK(reason.get_future().get() == errc::would_block);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
