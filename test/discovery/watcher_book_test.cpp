#define CAF_SUITE watcher_book

#include "registry/watcher_book.hpp"

#include "support/deterministic_system.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/test/unit_test.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <vector>

using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

// What a watcher hears, as "ids of nodes[ stale]".
struct fixture : mica::test::deterministic_system {
  fixture() : deterministic_system([](caf::actor_system_config&) {}) {
    // nop
  }

  ~fixture() {
    for (const auto& x : {first, second})
      self->send_exit(x, caf::exit_reason::user_shutdown);
    run();
  }

  watcher_actor watcher(strings& heard) {
    return sys.spawn([&heard](watcher_actor::pointer) -> watcher_actor::behavior_type {
      return {[&heard](const snapshot& x) {
        std::string text;
        for (const auto& version : x.versions)
          for (const auto& node : version.nodes)
            text += node.id;
        heard.push_back(text + (x.stale_for ? " stale" : ""));
      }};
    });
  }

  static snapshot with(const std::string& id) {
    return {"s", {{"s", "1", {}, {}, {{id, "h:1", {}}}}}, std::nullopt};
  }

  strings heard_by_first, heard_by_second;
  watcher_actor first = watcher(heard_by_first);
  watcher_actor second = watcher(heard_by_second);
  watcher_book book;
  watcher_book::time_point now{1h};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(watcher_book_tests, fixture)

  CAF_TEST(watchers hear of news alone and late ones of what is known) {
    book.add("s", first);
    CAF_CHECK(!book.knows("s"));
    book.confirm("s", with("a"), now);
    book.confirm("s", with("a"), now + 1s);
    CAF_CHECK(book.knows("s"));
    book.add("s", second);
    run();
    CAF_CHECK(heard_by_first == strings{"a"});
    CAF_CHECK(heard_by_second == strings{"a"});
    book.confirm("s", with("b"), now + 2s);
    run();
    CAF_CHECK(heard_by_first == (strings{"a", "b"}));
    CAF_CHECK(heard_by_second == (strings{"a", "b"}));
  }

  CAF_TEST(what is lost is stale once and until it is confirmed) {
    book.add("s", first);
    book.lose("s", now);
    book.confirm("s", with("a"), now);
    book.lose_all(now + 1s);
    book.lose("s", now + 2s);
    book.confirm("s", with("a"), now + 3s);
    run();
    CAF_CHECK(heard_by_first == (strings{"a", "a stale", "a"}));
  }

  CAF_TEST(a service is forgotten with its last watcher) {
    book.add("s", first);
    book.add("s", second);
    book.add("t", second);
    CAF_CHECK(book.forget(first.address()).empty());
    CAF_CHECK(book.forget(second.address()) == (strings{"s", "t"}));
    CAF_CHECK(book.empty());
    CAF_CHECK(!book.has("s"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
