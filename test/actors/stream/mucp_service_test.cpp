// Streams between services that speak mucp, over real sockets on loopback.

#define CAF_SUITE mucp_service

#include "talk_service.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica;
using namespace mica::test::talk;
using namespace std::chrono_literals;

namespace {

const auto everywhere = {worker, lane, mica::thread};

struct fixture : talk_fixture {
  fixture() {
    to.protocol = "mucp";
  }

  call_options as_json() const {
    auto result = to;
    result.content_type = "application/json";
    return result;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(mucp_service_tests, fixture)

  CAF_TEST(messages go back and forth wherever the handler runs) {
    for (auto where : everywhere) {
      serve(where);
      for (const auto& how : {to, as_json()}) {
        for (auto& chat : {client->chat(how), client->discuss(how), client->act(how)}) {
          for (int i = 0; i < 50; ++i) {
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

  CAF_TEST(empty messages are messages) {
    serve(worker);
    auto chat = client->chat(to);
    for (int i = 0; i < 3; ++i) {
      CAF_REQUIRE(chat.write(line("")));
      CAF_REQUIRE(chat.read());
    }
    chat.end();
    CAF_CHECK(chat.finish());
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

  CAF_TEST(a client that gives up ends the handler and frees what it holds) {
    for (auto where : everywhere) {
      serve(where);
      auto ignore = client->ignore(to);
      CAF_REQUIRE(ignore.write(line("x")));
      {
        auto flood = client->flood(line("x"), to);
        for (int i = 0; i < 10; ++i)
          CAF_REQUIRE(flood.read());
      }
      while (watch->cancelled != 1)
        CAF_REQUIRE(client->plain(line("x"), to));
      ignore.cancel();
      auto why = watch->ended.get_future().get();
      CAF_CHECK(why.reason == errc::connection_lost);
    }
  }

  CAF_TEST(a deadline ends both sides) {
    for (auto where : everywhere) {
      serve(where);
      auto how = to;
      how.deadline = 1s;
      auto chat = client->chat(how);
      // The handler runs.
      CAF_REQUIRE(chat.write(line("x")));
      CAF_REQUIRE(chat.read());
      CAF_CHECK_EQUAL(watch->living.load(), 1);
      CAF_CHECK(!chat.read());
      CAF_CHECK(chat.failure().reason == errc::timeout);
      while (watch->living != 0)
        CAF_REQUIRE(client->plain(line("x"), to));
    }
  }

  CAF_TEST(a writer runs no further ahead than buffers are large) {
    // 24 MiB through a reader that is slower than the writer.
    constexpr int messages = 24 * 1024;
    serve(worker);
    auto flood = client->flood(line("x"), to);
    Line into;
    int64_t most = 0;
    for (int i = 0; i < messages; ++i) {
      CAF_REQUIRE(flood.read(into));
      most = std::max<int64_t>(most, watch->written - i);
    }
    // The kernel's buffers of both sockets and ours, in messages of one kilobyte.
    CAF_CHECK(most < 16 * 1024);
    flood.cancel();
  }

  CAF_TEST(a client can write no further ahead than that) {
    serve(worker);
    auto ignore = client->ignore(to);
    auto kilobyte = line(std::string(1024, 'x'));
    std::atomic<int> written{0};
    auto writer = std::async(std::launch::async, [&] {
      while (written < 128 * 1024 && ignore.write(kilobyte))
        ++written;
    });
    // Nobody reads: whatever the speed, the writer stops below the sum of all bounds.
    auto how = to;
    how.deadline = 300ms;
    auto silent = client->chat(how);
    CAF_CHECK(!silent.read());
    ignore.cancel();
    writer.get();
    CAF_CHECK(written < 16 * 1024);
    // Although it does not read that connection, the server hears that its peer left.
    auto why = watch->ended.get_future().get();
    CAF_CHECK(why.reason == errc::connection_lost);
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
      CAF_CHECK(relay.finish());
    }
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

  CAF_TEST(an envelope for each call is none for messages) {
    serve(worker);
    auto how = to;
    how.content_type = "application/json-rpc";
    auto chat = client->chat(how);
    CAF_CHECK(!chat.read());
    CAF_CHECK(chat.failure().reason == errc::unsupported_content_type);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
