#define CAF_SUITE stream_wrapper

#include "talk_service.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <mutex>
#include <tuple>

using namespace mica;
using namespace mica::test::talk;

namespace {

using strings = std::vector<std::string>;

std::string text_of(const streamed_message& x) {
  if (const auto* said = dynamic_cast<const Line*>(&x.content()))
    return said->text();
  return std::to_string(static_cast<const Number&>(x.content()).value());
}

// Client and server with wrappers of their own, in one registry.
struct fixture {
  fixture() : registry(discovery::spawn_memory_registry(home.system())) {
    // nop
  }

  ~fixture() {
    client.reset();
    caller.reset();
    server.reset();
    caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  }

  service_options options(std::vector<stream_wrapper> wrappers) {
    service_options result;
    result.address = "127.0.0.1:0";
    result.stream_wrappers = std::move(wrappers);
    result.registry = std::make_shared<registry_source>(
        "memory", [this](caf::actor_system&) { return registry; }, false);
    return result;
  }

  void start(std::vector<stream_wrapper> at_server,
             std::vector<stream_wrapper> at_client, placement where = worker) {
    client.reset();
    caller.reset();
    server = std::make_unique<service>("talk", options(std::move(at_server)));
    server->handle<talker>({.placement = where}, watch, server.get());
    CAF_REQUIRE(server->start());
    caller = std::make_unique<service>("caller", options(std::move(at_client)));
    client = std::make_unique<talk_client>(*caller, "talk");
  }

  stream_wrapper noting(std::string name) {
    return [this, name](stream_function next) -> stream_function {
      return [this, name, next](streamed_message& x) {
        {
          std::lock_guard guard{mtx};
          lines.push_back(name + (x.on_server() ? " server" : " client")
                          + (x.sent() ? " sent " : " got ") + std::to_string(x.number())
                          + " " + text_of(x));
        }
        next(x);
      };
    };
  }

  detail::runtime home{1};
  discovery::registry_actor registry;
  std::shared_ptr<probe> watch = std::make_shared<probe>();
  std::unique_ptr<service> server;
  std::unique_ptr<service> caller;
  std::unique_ptr<talk_client> client;
  std::mutex mtx;
  strings lines;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_wrapper_tests, fixture)

  CAF_TEST(each message passes the wrappers of both sides with the first outermost) {
    for (auto where : {worker, lane}) {
      lines.clear();
      start({noting("one"), noting("two")}, {noting("one"), noting("two")}, where);
      for (auto& chat : {client->chat(), client->discuss()}) {
        lines.clear();
        CAF_REQUIRE(chat.write(line("x")));
        auto heard = chat.read();
        CAF_REQUIRE(heard);
        CAF_CHECK_EQUAL(heard->text(), "x");
        chat.end();
        CAF_CHECK(chat.finish());
        CAF_CHECK_EQUAL(lines, (strings{"one client sent 1 x", "two client sent 1 x",
                                        "one server got 1 x", "two server got 1 x",
                                        "one server sent 1 x", "two server sent 1 x",
                                        "one client got 1 x", "two client got 1 x"}));
      }
    }
  }

  CAF_TEST(the request of a method that only answers by a stream is no message of it) {
    start({noting("a")}, {noting("b")});
    auto count = client->count(number(2));
    while (count.read())
      ; // nop
    CAF_CHECK(count.finish());
    std::sort(lines.begin(), lines.end());
    CAF_CHECK_EQUAL(lines, (strings{"a server sent 1 1", "a server sent 2 2",
                                    "b client got 1 1", "b client got 2 2"}));
  }

  CAF_TEST(the one answer to a stream is a message) {
    start({noting("a")}, {});
    auto sum = client->sum();
    sum.write(number(2));
    sum.write(number(3));
    sum.end();
    auto total = sum.read();
    CAF_REQUIRE(total);
    CAF_CHECK_EQUAL(total->value(), 5);
    CAF_CHECK(sum.finish());
    CAF_CHECK_EQUAL(
        lines, (strings{"a server got 1 2", "a server got 2 3", "a server sent 1 5"}));
  }

  CAF_TEST(wrappers change what is received and replace what is sent) {
    start({[](stream_function next) -> stream_function {
            return [next](streamed_message& x) {
              if (auto* got = x.received())
                static_cast<Line*>(got)->mutable_text()->append(" seen");
              next(x);
            };
          }},
          {[](stream_function next) -> stream_function {
            return [next](streamed_message& x) {
              auto other = line("other");
              if (x.sent())
                x.replace(other);
              next(x);
            };
          }});
    auto chat = client->chat();
    chat.write(line("x"));
    auto heard = chat.read();
    CAF_REQUIRE(heard);
    CAF_CHECK_EQUAL(heard->text(), "other seen");
  }

  CAF_TEST(a message that a wrapper does not pass on is dropped) {
    auto without = [](std::string what) -> stream_wrapper {
      return [what](stream_function next) -> stream_function {
        return [what, next](streamed_message& x) {
          if (text_of(x) != what)
            next(x);
        };
      };
    };
    start({without("a")}, {without("b")});
    auto chat = client->chat();
    for (const auto* x : {"a", "b", "c"})
      CAF_CHECK(chat.write(line(x)));
    auto heard = chat.read();
    CAF_REQUIRE(heard);
    CAF_CHECK_EQUAL(heard->text(), "c");
    chat.end();
    CAF_CHECK(!chat.read());
    CAF_CHECK(chat.finish());
  }

  CAF_TEST(a message that is passed on twice is sent once) {
    start({}, {[](stream_function next) -> stream_function {
            return [next](streamed_message& x) {
              next(x);
              next(x);
            };
          }});
    auto chat = client->chat();
    chat.write(line("x"));
    chat.end();
    CAF_CHECK(chat.read());
    CAF_CHECK(!chat.read());
  }

  CAF_TEST(a wrapper that fails or throws ends the stream with its words) {
    auto failing = [](stream_function) -> stream_function {
      return [](streamed_message& x) { x.fail({errc::permission_denied, "not that"}); };
    };
    auto throwing = [](stream_function) -> stream_function {
      return [](streamed_message&) { throw std::runtime_error("oops"); };
    };
    for (const auto& [at_server, at_client, code] :
         {std::tuple{std::vector<stream_wrapper>{failing},
                     std::vector<stream_wrapper>{}, 403},
          std::tuple{std::vector<stream_wrapper>{},
                     std::vector<stream_wrapper>{failing}, 403},
          std::tuple{std::vector<stream_wrapper>{throwing},
                     std::vector<stream_wrapper>{}, 500},
          std::tuple{std::vector<stream_wrapper>{},
                     std::vector<stream_wrapper>{throwing}, 500}}) {
      start(at_server, at_client);
      {
        auto chat = client->chat();
        chat.write(line("x"));
        CAF_CHECK(!chat.read());
        auto end = chat.finish();
        CAF_REQUIRE(!end);
        CAF_CHECK_EQUAL(end.error().code, code);
        CAF_CHECK(end.error().detail.find(code == 403 ? "not that" : "oops")
                  != std::string::npos);
      }
      server->stop();
    }
  }

  CAF_TEST(an answer that a wrapper refuses fails the call) {
    start({[](stream_function next) -> stream_function {
            return [next](streamed_message& x) {
              if (x.sent())
                x.fail({errc::permission_denied, "keep it"});
              else
                next(x);
            };
          }},
          {});
    auto sum = client->sum();
    sum.write(number(2));
    sum.end();
    CAF_CHECK(!sum.read());
    auto end = sum.finish();
    CAF_REQUIRE(!end);
    CAF_CHECK_EQUAL(end.error().detail, "keep it");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
