#define CAF_SUITE consul.hostile_agent

#include "contract/registry_worlds.hpp"
#include "fake_agent.hpp"

#include "consul/tags.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/event_based_actor.hpp>

#include <caf/test/unit_test.hpp>

#include <deque>
#include <optional>

using namespace mica::discovery;
using namespace mica::test;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

using strings = std::vector<std::string>;

std::string entry(const std::string& id, const std::string& tags = {}) {
  return R"({"Service":{"ID":")" + id + R"(","Service":"greeter","Address":"h",)"
         + R"("Port":1,"Tags":[)" + tags + "]}}";
}

struct fixture : real_registry_world {
  fixture() : real_registry_world({.name = "consul"}) {
    options.timeout = 5s;
    options.token = "secret-token";
    options.report = [this](const std::string& line) {
      std::lock_guard guard{mutex};
      reports.push_back(line);
    };
  }

  ~fixture() {
    end_registries();
  }

  /// Lets a registry loose on an agent that answers everything with this.
  void face(fake_reply reply) {
    face([reply](const std::string&) { return reply; });
  }

  void face(std::function<fake_reply(const std::string&)> answer) {
    agent.emplace(std::move(answer));
    options.addresses = {agent->address()};
    begin();
  }

  void begin() {
    use(spawn_consul_registry(system(), options));
  }

  /// The error of a lookup that has to fail.
  mica::error refused() {
    auto found = look_up("greeter");
    if (found)
      CAF_FAIL("the lookup did not fail");
    CAF_MESSAGE("refused by: " << found.error().detail);
    for (const auto& secret : {found.error().detail, found.error().id})
      CAF_CHECK_EQUAL(secret.find("secret-token"), std::string::npos);
    return found.error();
  }

  bool says(const mica::error& x, const std::string& text) {
    return x.detail.find(text) != std::string::npos;
  }

  strings reported() {
    std::lock_guard guard{mutex};
    return reports;
  }

  std::mutex mutex;
  strings reports;
  consul_options options;
  std::optional<fake_agent> agent;
};

/// Ids of all nodes, separated by blanks; `?` if it is stale.
std::string shape(const snapshot& x) {
  std::string out;
  for (const auto& version : x.versions)
    for (const auto& n : version.nodes)
      out += n.id + " ";
  return x.stale_for ? out + "?" : out;
}

strings shapes(const recorder& from) {
  strings out;
  for (const auto& x : from.taken())
    out.push_back(shape(x));
  return out;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(hostile_agent_tests, fixture)

  CAF_TEST(a well behaved agent is understood and gets the token) {
    face({http_reply("[" + entry("a") + "]")});
    auto found = look_up("greeter");
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(shape(*found), "a ");
    auto heads = agent->heads();
    CAF_REQUIRE_EQUAL(heads.size(), 1u);
    CAF_CHECK(
        heads[0].starts_with("GET /v1/health/service/greeter?stale= HTTP/1.1\r\n"));
    CAF_CHECK_NOT_EQUAL(heads[0].find("\r\nX-Consul-Token: secret-token\r\n"),
                        std::string::npos);
  }

  CAF_TEST(a refused connection names address and reason) {
    refused_address nobody;
    options.addresses = {nobody.text()};
    begin();
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(says(failure, nobody.text()));
    CAF_CHECK(says(failure, "Connection refused"));
  }

  CAF_TEST(an address that makes no sense fails every request and says why) {
    options.addresses = {"not an address"};
    begin();
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::invalid_argument);
    CAF_CHECK(says(failure, "not an address"));
    auto all = list();
    CAF_CHECK(!all && all.error().reason == errc::invalid_argument);
    auto own_name = name();
    CAF_CHECK(own_name && *own_name == "consul");
  }

  CAF_TEST(an agent that closes without an answer is away) {
    face(fake_reply{});
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(says(failure, "Empty reply"));
  }

  CAF_TEST(an answer that is cut short is away) {
    auto whole = http_reply("[" + entry("a") + "]");
    face({whole.substr(0, whole.size() - 5)});
    CAF_CHECK(refused().reason == errc::unavailable);
  }

  CAF_TEST(a header that is cut short is away) {
    face({"HTTP/1.1 200 OK\r\nContent-Le"});
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::unavailable
              || failure.reason == errc::protocol_error);
  }

  CAF_TEST(an answer that never comes is away after the timeout) {
    options.timeout = 200ms;
    face({"", true});
    auto begin_time = std::chrono::steady_clock::now();
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(says(failure, "timed out"));
    CAF_CHECK_LESS(std::chrono::steady_clock::now() - begin_time, 5s);
  }

  CAF_TEST(an answer that stops in the middle is away after the timeout) {
    options.timeout = 200ms;
    auto whole = http_reply("[" + entry("a") + "]");
    face({whole.substr(0, whole.size() - 5), true});
    CAF_CHECK(refused().reason == errc::unavailable);
  }

  CAF_TEST(an answer without end is cut off) {
    face({"HTTP/1.1 200 OK\r\n\r\n" + std::string(17 * 1024 * 1024, ' ')});
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::limit_exceeded);
    CAF_CHECK(says(failure, "16777216"));
  }

  CAF_TEST(a header without end is cut off) {
    std::string fields;
    for (int i = 0; i < 2'000; ++i)
      fields += "X-Field: " + std::string(100, 'x') + "\r\n";
    face({"HTTP/1.1 200 OK\r\n" + fields + "\r\n[]"});
    CAF_CHECK(refused().reason == errc::limit_exceeded);
  }

  CAF_TEST(what is no HTTP is refused) {
    face({"220 smtp.example ESMTP\r\n"});
    CAF_CHECK(refused().reason == errc::protocol_error);
  }

  CAF_TEST(what is no list of nodes is refused) {
    for (const std::string body :
         {"", "<html>It works!</html>", "{\"a\":1}", "[{\"Service\":", "7"}) {
      face({http_reply(body)});
      auto failure = refused();
      CAF_CHECK(failure.reason == errc::protocol_error);
      CAF_CHECK(says(failure, agent->address()));
      CAF_CHECK(says(failure, "greeter"));
    }
  }

  CAF_TEST(a failing agent is away and quoted) {
    face({http_reply("No cluster leader", "0", "500 Internal Server Error")});
    auto failure = refused();
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(says(failure, "500: No cluster leader"));
  }

  CAF_TEST(a refusing agent is quoted) {
    face({http_reply("Permission denied", "0", "403 Forbidden")});
    CAF_CHECK(refused().reason == errc::permission_denied);
  }

  CAF_TEST(a redirect is not followed) {
    face({"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n"
          "Content-Length: 0\r\nConnection: close\r\n\r\n"});
    CAF_CHECK(refused().reason == errc::protocol_error);
    CAF_CHECK_EQUAL(agent->requests(), 1u);
  }

  CAF_TEST(a broken tag is reported and nothing else is lost) {
    auto tags = "\"t-zz\",\"t-" + to_hex_zlib(R"({"zone":"b"})") + "\",\"v-"
                + to_hex_zlib("2") + '"';
    face({http_reply("[" + entry("a", tags) + "]")});
    for (int i = 0; i < 3; ++i) {
      auto found = look_up("greeter");
      CAF_REQUIRE(found);
      CAF_REQUIRE_EQUAL(shape(*found), "a ");
      CAF_CHECK_EQUAL(found->versions[0].version, "2");
      CAF_CHECK(found->versions[0].nodes[0].metadata == (labels{{"zone", "b"}}));
    }
    // Three times ignored, told once.
    CAF_REQUIRE_EQUAL(reported().size(), 1u);
    CAF_CHECK_NOT_EQUAL(
        reported()[0].find("greeter: ignored in Consul: node a: tag t-zz"),
        std::string::npos);
  }

  CAF_TEST(the next address is asked when the first does not answer) {
    refused_address nobody;
    agent.emplace([](const std::string&) {
      return fake_reply{http_reply("[" + entry("a") + "]")};
    });
    options.addresses = {nobody.text(), agent->address()};
    begin();
    CAF_CHECK(look_up("greeter"));
    CAF_CHECK(look_up("greeter"));
    CAF_CHECK(reported().empty());
  }

  CAF_TEST(a watch survives an index that goes backwards) {
    // Each answer with its index; the last one is held back.
    auto step = std::make_shared<std::deque<fake_reply>>(std::deque<fake_reply>{
        {http_reply("[" + entry("a") + "]", "10")},
        {http_reply("[" + entry("b") + "]", "3")},
        {http_reply("[" + entry("c") + "]", "4")},
    });
    face([step](const std::string&) {
      if (step->empty())
        return fake_reply{"", true};
      auto reply = step->front();
      step->pop_front();
      return reply;
    });
    auto watcher = watch("greeter");
    CAF_CHECK(eventually([&] { return shape(watcher.last()) == "c "; }, 10s));
    CAF_CHECK_EQUAL(shapes(watcher), (strings{"a ", "b ", "c "}));
    CAF_CHECK(eventually([&] { return agent->requests() == 3; }, 10s));
    auto heads = agent->heads();
    CAF_CHECK_NOT_EQUAL(heads[1].find("index=10&"), std::string::npos);
    CAF_CHECK_EQUAL(heads[2].find("index="), std::string::npos);
  }

  CAF_TEST(a watch that fails keeps what it knows and says that it is stale) {
    auto step = std::make_shared<std::deque<fake_reply>>(std::deque<fake_reply>{
        {http_reply("[" + entry("a") + "]", "10")},
        {http_reply("[{", "11")},
        {http_reply("oops", "0", "500 Internal Server Error")},
        {},
        {http_reply("[" + entry("a") + "]", "12")},
    });
    face([step](const std::string&) {
      if (step->empty())
        return fake_reply{"", true};
      auto reply = step->front();
      step->pop_front();
      return reply;
    });
    auto watcher = watch("greeter");
    CAF_CHECK(eventually([&] { return shapes(watcher).size() == 3; }, 20s));
    CAF_CHECK_EQUAL(shapes(watcher), (strings{"a ", "a ?", "a "}));
    // Known to a late watcher at once.
    auto late = watch("greeter");
    CAF_CHECK(eventually([&] { return shapes(late) == strings{"a "}; }, 10s));
    auto lines = reported();
    CAF_REQUIRE_EQUAL(lines.size(), 3u);
    CAF_CHECK_NOT_EQUAL(lines[0].find("broken or truncated JSON"), std::string::npos);
    CAF_CHECK_NOT_EQUAL(lines[1].find("going on with what is known"),
                        std::string::npos);
    CAF_CHECK_NOT_EQUAL(lines[2].find("answers again"), std::string::npos);
  }

  CAF_TEST(watchers of one service share one query) {
    face([](const std::string&) { return fake_reply{"", true}; });
    for (int i = 0; i < 10; ++i)
      watch("greeter");
    // Answered after all watches: a second query would have begun by now.
    CAF_CHECK(name());
    CAF_CHECK(eventually([&] { return agent->heads().size() > 0; }, 10s));
    auto other = watch("other");
    CAF_CHECK(eventually([&] { return agent->heads().size() > 1; }, 10s));
    CAF_CHECK_EQUAL(agent->heads().size(), 2u);
  }

  CAF_TEST(a registry that ends leaves no request without an answer) {
    face({"", true});
    auto pending =
        self()->request(registry(), caf::infinite, lookup_atom::value, "greeter");
    CAF_CHECK(eventually([&] { return agent->heads().size() == 1; }, 10s));
    end_registries();
    pending.receive([](const snapshot&) { CAF_FAIL("found"); },
                    [](const caf::error& x) {
                      CAF_CHECK(mica::from_caf(x).reason == errc::unavailable);
                    });
  }

  CAF_TEST(a flood of requests is refused in words and then goes on) {
    options.timeout = 500ms;
    face({"", true});
    // 96 under way and 1000 in line.
    size_t overloaded = 0;
    size_t away = 0;
    auto helper = system().spawn([&, to = registry()](caf::event_based_actor* flood) {
      for (int i = 0; i < 1'200; ++i)
        flood->request(to, caf::infinite, lookup_atom::value, std::string{"greeter"})
            .then([](const snapshot&) {},
                  [&](const caf::error& x) {
                    auto reason = mica::from_caf(x).reason;
                    overloaded += reason == errc::overloaded;
                    away += reason == errc::unavailable;
                  });
    });
    self()->wait_for(helper);
    CAF_CHECK_EQUAL(overloaded + away, 1'200u);
    CAF_CHECK_GREATER(overloaded, 0u);
    // 1000 fit into the line even if none has left it yet.
    CAF_CHECK_LESS_OR_EQUAL(overloaded, 200u);
    CAF_CHECK(refused().reason == errc::unavailable);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
