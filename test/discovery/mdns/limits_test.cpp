#define CAF_SUITE mdns.limits

#include "virtual_lan.hpp"

#include "mdns/advert.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <regex>

using namespace mica::discovery::mdns;
using namespace mica::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

using mica::errc;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in{mica::test::source_path(path)};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct fixture {
  lan_host& limited(const std::function<void(mdns_limits&)>& set) {
    core_options options;
    set(options.limits);
    return lan.add(options);
  }

  void announce(lan_host& to, const std::string& id, const std::string& padding = {}) {
    auto name = id + ".greeter.micro";
    auto content = greeter(id, "");
    content.nodes[0].metadata["padding"] = padding;
    message m;
    m.response = true;
    m.answers = {{name, 120, srv_data{10, 1, 1, "vm"}},
                 {"vm", 120, *parse_ip("10.0.0.200")},
                 {name, 120, txt_data{write_advert(content, content.nodes[0])}}};
    lan.send(to, *write_message(m), "10.0.0.200", 5353);
  }

  size_t known(lan_host& host) {
    return nodes(host.core->current("greeter")).size();
  }

  virtual_lan lan;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(limits_tests, fixture)

  CAF_TEST(a service has a bounded number of nodes from others) {
    auto& host = limited([](auto& x) { x.nodes_per_service = 3; });
    lan.find(host, "greeter");
    for (auto id : {"a", "b", "c", "d", "e"})
      announce(host, id);
    CAF_CHECK_EQUAL(known(host), 3u);
  }

  CAF_TEST(all text records together have a bounded size) {
    auto& host = limited([](auto& x) { x.text_bytes = 1'000; });
    lan.find(host, "greeter");
    std::string random;
    std::minstd_rand source{1};
    for (int i = 0; i < 400; ++i)
      random += static_cast<char>('a' + source() % 26);
    announce(host, "a", random);
    announce(host, "b", random);
    CAF_CHECK_EQUAL(known(host), 1u);
    CAF_MESSAGE("what is forgotten makes room");
    lan.advance(121s);
    lan.find(host, "greeter");
    announce(host, "b", random);
    CAF_CHECK_EQUAL(known(host), 1u);
  }

  CAF_TEST(the least recently used service makes room for another) {
    auto& host = limited([](auto& x) { x.services = 2; });
    auto& peer = lan.add();
    CAF_REQUIRE(lan.add_node(peer, greeter("a", "10.0.0.2:1")));
    lan.find(host, "greeter");
    lan.find(host, "other");
    CAF_CHECK_EQUAL(known(host), 1u);
    lan.find(host, "third");
    lan.advance(1ms);
    CAF_CHECK_EQUAL(known(host), 0u);
    CAF_CHECK(!lan.failure);
    CAF_MESSAGE("unless it is watched");
    lan.find(host, "greeter");
    for (auto service : {"greeter", "other"})
      lan.run(host, [&](auto& core, auto& out) {
        CAF_REQUIRE(core.watch(service, lan.now, out));
      });
    lan.advance(1s);
    lan.find(host, "third");
    CAF_CHECK(lan.failure.reason == errc::limit_exceeded);
    CAF_CHECK_EQUAL(known(host), 1u);
  }

  CAF_TEST(lookups under way are bounded) {
    auto& host = limited([](auto& x) { x.pending = 2; });
    lan.run(host, [&](auto& core, auto& out) {
      CAF_CHECK(core.lookup(1, "a", lan.now, out));
      CAF_CHECK(core.list(2, lan.now, out));
      auto refused = core.lookup(3, "b", lan.now, out);
      CAF_REQUIRE(!refused);
      CAF_CHECK(refused.error().reason == errc::overloaded);
      CAF_CHECK(!core.list(4, lan.now, out));
    });
    lan.advance(100ms);
    lan.run(host, [&](auto& core, auto& out) {
      CAF_CHECK(core.lookup(5, "b", lan.now, out));
    });
  }

  CAF_TEST(a list has a bounded number of names) {
    auto& host = limited([](auto& x) { x.listed_names = 3; });
    auto& peer = lan.add();
    for (auto service : {"a", "b", "c", "d", "e"}) {
      auto x = greeter("1", "10.0.0.2:1");
      x.name = service;
      CAF_REQUIRE(lan.add_node(peer, x));
    }
    CAF_CHECK_EQUAL(lan.list(host).size(), 3u);
  }

  CAF_TEST(names that can not be asked for are refused) {
    auto& host = lan.add();
    for (auto service : {""s, std::string(64, 'x'), "a..b"s, std::string(300, '.')}) {
      lan.failure = {};
      lan.find(host, service);
      CAF_CHECK(lan.failure.reason == errc::invalid_argument);
    }
  }

  CAF_TEST(follow up queries are bounded) {
    auto& host = lan.add();
    lan.run(host, [&](auto& core, auto& out) {
      CAF_REQUIRE(core.watch("greeter", lan.now, out));
    });
    host.sent.clear();
    for (int i = 0; i < 1'000; ++i) {
      message m;
      m.response = true;
      m.answers.push_back(
          {"greeter.micro", 1, ptr_data{std::to_string(i) + ".greeter.micro"}});
      lan.send(host, *write_message(m), "10.0.0.200", 5353);
    }
    CAF_CHECK_EQUAL(host.sent.size(), 256u);
  }

  CAF_TEST(a bucket refills with time and not beyond its size) {
    auto now = lan.now;
    token_bucket bucket{10, now};
    auto taken = [&] {
      int n = 0;
      while (bucket.take(10, now))
        ++n;
      return n;
    };
    CAF_CHECK_EQUAL(taken(), 10);
    now += 500ms;
    CAF_CHECK_EQUAL(taken(), 5);
    now += 1h;
    CAF_CHECK_EQUAL(taken(), 10);
  }

  CAF_TEST(the number of remembered sources is bounded) {
    source_limiter limiter{1};
    ip_address first = *parse_ip("10.0.0.1");
    CAF_CHECK(limiter.take(first, lan.now));
    CAF_CHECK(!limiter.take(first, lan.now));
    for (uint8_t i = 2; i < 200; ++i)
      limiter.take(*parse_ip("10.0.0." + std::to_string(i)), lan.now);
    CAF_CHECK(!limiter.take(first, lan.now));
    for (int i = 0; i < 256; ++i)
      limiter.take(*parse_ip("10.0.1." + std::to_string(i)), lan.now);
    CAF_CHECK(limiter.take(first, lan.now));
  }

  CAF_TEST(every limit stands on its page with its default) {
    auto page = read_file("docs/limits.md");
    auto section = page.substr(page.find("`mdns_limits`"));
    auto header = read_file("discovery/mdns/limits.hpp");
    std::regex field{
        R"((?:size_t|uint32_t|milliseconds) (\w+)(?: = |\{)([0-9']+)(?:;|\};))"};
    size_t count = 0;
    auto fields = header.substr(0, header.find("default_ttl"));
    for (std::sregex_iterator i{fields.begin(), fields.end(), field}, end; i != end;
         ++i) {
      auto value = (*i)[2].str();
      std::erase(value, '\'');
      auto row = "| `" + (*i)[1].str() + "` | ";
      auto at = section.find(row);
      CAF_MESSAGE(row << value);
      CAF_REQUIRE(at != std::string::npos);
      auto rest = section.substr(at + row.size(), 40);
      CAF_CHECK(rest.find(" | " + value + " | ") != std::string::npos);
      ++count;
    }
    CAF_CHECK_EQUAL(count, 11u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
