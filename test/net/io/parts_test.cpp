#define CAF_SUITE net_parts

#include "io/listen_address.hpp"
#include "io/name_cache.hpp"
#include "io/pump.hpp"
#include "io/read_window.hpp"
#include "io/resolver.hpp"
#include "io/sockaddr.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>

#include <caf/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>

using namespace mica;
using namespace mica::net;
using namespace std::chrono_literals;

CAF_TEST(an error survives the way through CAF) {
  error x{errc::service_not_found, "service greeter: not found", "go.micro.client"};
  CAF_CHECK(from_caf(to_caf(x)) == x);
  CAF_CHECK_EQUAL(from_caf(to_caf(x)).reason, errc::service_not_found);
  error teapot{418, "short and stout", "kitchen"};
  CAF_CHECK(from_caf(to_caf(teapot)) == teapot);
  // A plain Go error has neither code nor reason.
  error plain;
  plain.detail = "something";
  CAF_CHECK(to_caf(plain));
  CAF_CHECK_EQUAL(from_caf(to_caf(plain)).detail, "something");
  CAF_CHECK(!to_caf(error{}));
  CAF_CHECK(!from_caf(caf::none));
}

CAF_TEST(errors of CAF become the nearest of ours) {
  auto reason = [](const caf::error& x) { return from_caf(x).reason; };
  CAF_CHECK_EQUAL(reason(caf::sec::request_timeout), errc::timeout);
  CAF_CHECK_EQUAL(reason(caf::sec::request_receiver_down), errc::unavailable);
  CAF_CHECK_EQUAL(reason(caf::sec::unexpected_message), errc::internal);
  CAF_CHECK_EQUAL(reason(caf::exit_reason::user_shutdown), errc::unavailable);
  CAF_CHECK_EQUAL(reason(caf::error{7, caf::atom("other")}), errc::internal);
  auto told =
      from_caf(caf::make_error(caf::sec::runtime_error, std::string{"it broke"}));
  CAF_CHECK_EQUAL(told.detail, "runtime_error: it broke");
}

CAF_TEST(addresses are split at their port) {
  auto split = [](const char* text) { return *parse_host_port(text); };
  CAF_CHECK(split("10.0.0.1:80") == (host_port{"10.0.0.1", 80}));
  CAF_CHECK(split("[::1]:80") == (host_port{"::1", 80}));
  CAF_CHECK(split("example.org:65535") == (host_port{"example.org", 65535}));
  CAF_CHECK(split(":0") == (host_port{"", 0}));
  CAF_CHECK(split("[fe80::1%eth0]:1") == (host_port{"fe80::1%eth0", 1}));
  for (auto bad : {"", ":", "x", "x:", "x:y", "x:65536", "x:-1", "x:+1", "x: 1", "x:1 ",
                   "::1:80", "[::1]", "[::1]80", "[::1:80", "a b:1", "a/b:1", "u@h:1"})
    CAF_CHECK(!parse_host_port(bad));
  CAF_CHECK_EQUAL(to_string(host_port{"::1", 8}), "[::1]:8");
  CAF_CHECK_EQUAL(to_string(host_port{"h", 8}), "h:8");
}

CAF_TEST(listen addresses may have a range) {
  auto read = [](const char* text) { return *parse_listen_address(text); };
  CAF_CHECK_EQUAL(read("").host, "::");
  CAF_CHECK(read(":0").any_family);
  CAF_CHECK(!read("[::]:0").any_family);
  CAF_CHECK_EQUAL(read("localhost:1").host, "127.0.0.1");
  CAF_CHECK_EQUAL(read("10.0.0.1:5000-5010").first_port, 5000);
  CAF_CHECK_EQUAL(read("10.0.0.1:5000-5010").last_port, 5010);
  CAF_CHECK_EQUAL(read("[::1]:7-7").last_port, 7);
  CAF_CHECK_EQUAL(read(":9").last_port, 9);
  for (auto bad : {"x", "my-host:1", "10.0.0.1:5-", "10.0.0.1:-5", "10.0.0.1:5-4",
                   "10.0.0.1:0-4", "10.0.0.1:1-65536", "10.0.0.1:1-2-3"}) {
    auto result = parse_listen_address(bad);
    CAF_REQUIRE(!result);
    CAF_CHECK_EQUAL(result.error().reason, errc::invalid_argument);
    CAF_CHECK(result.error().detail.find(std::string{"\""}) != std::string::npos);
  }
}

CAF_TEST(the advertised address follows the rule of Go Micro) {
  using list = std::vector<interface_address>;
  list docker{{"127.0.0.1", true}, {"::1", true},      {"203.0.113.5", false},
              {"fe80::1", false},  {"fd12::5", false}, {"172.17.0.2", false}};
  CAF_CHECK_EQUAL(choose_address(docker, false), "fd12::5");
  CAF_CHECK_EQUAL(choose_address(docker, true), "172.17.0.2");
  list open{{"127.0.0.1", true}, {"2001:db8::7", false}, {"203.0.113.5", false}};
  CAF_CHECK_EQUAL(choose_address(open, false), "2001:db8::7");
  CAF_CHECK_EQUAL(choose_address(open, true), "203.0.113.5");
  CAF_CHECK_EQUAL(choose_address({{"127.0.0.1", true}, {"::1", true}}, false),
                  "127.0.0.1");
  // A private address on a loopback interface comes after all others.
  CAF_CHECK_EQUAL(choose_address({{"10.9.9.9", true}, {"203.0.113.5", false}}, false),
                  "203.0.113.5");
  CAF_CHECK_EQUAL(choose_address({}, false), "127.0.0.1");
  for (auto ip : {"10.255.0.1", "100.64.0.1", "172.31.0.1", "192.168.1.1"})
    CAF_CHECK_EQUAL(choose_address({{"8.8.8.8", false}, {ip, false}}, false), ip);
  for (auto ip : {"11.0.0.1", "100.128.0.1", "172.32.0.1", "192.169.1.1", "fc00::1"})
    CAF_CHECK_EQUAL(choose_address({{"8.8.8.8", false}, {ip, false}}, false),
                    "8.8.8.8");
}

CAF_TEST(what was said is advertised and the rest filled in) {
  CAF_CHECK_EQUAL(advertised_address("10.1.2.3:50"), "10.1.2.3:50");
  CAF_CHECK_EQUAL(advertised_address("[::1]:50"), "[::1]:50");
  CAF_CHECK_EQUAL(advertised_address("[::]:50", "example.org"), "example.org:50");
  CAF_CHECK_EQUAL(advertised_address("[::]:50", "example.org:80"), "example.org:80");
  CAF_CHECK_EQUAL(advertised_address("10.1.2.3:50", ":80"), "10.1.2.3:80");
  CAF_CHECK_EQUAL(advertised_address("[::]:50", "::1"), "[::1]:50");
  CAF_CHECK_EQUAL(advertised_address("[::]:50", "[::1]"), "[::1]:50");
  auto chosen = parse_host_port(advertised_address("[::]:50"));
  CAF_REQUIRE(chosen);
  CAF_CHECK(is_numeric_host(chosen->host));
  CAF_CHECK_NOT_EQUAL(chosen->host, "::");
  CAF_CHECK_EQUAL(chosen->port, 50);
}

CAF_TEST(socket addresses read as they were written) {
  for (auto text : {"127.0.0.1:80", "[::1]:80", "[2001:db8::1]:65535", "0.0.0.0:0"})
    CAF_CHECK_EQUAL(to_text(*parse_numeric(*parse_host_port(text))), text);
  CAF_CHECK_EQUAL(to_text(*parse_numeric({"::ffff:10.0.0.1", 5})), "10.0.0.1:5");
  CAF_CHECK(!parse_numeric({"localhost", 1}));
  CAF_CHECK_EQUAL(to_text(socket_address{}), "");
}

CAF_TEST(the read buffer grows while a body fills it) {
  http_limits limits;
  limits.idle_read_bytes = 1024;
  limits.bulk_read_bytes = 10'000;
  read_window window{limits};
  CAF_CHECK_EQUAL(window.size(), 1024u);
  CAF_CHECK(!window.update(false, 1024));
  CAF_CHECK(!window.update(true, 1000));
  CAF_CHECK(window.update(true, 1024));
  CAF_CHECK_EQUAL(window.size(), 4096u);
  CAF_CHECK(window.update(true, 4096));
  CAF_CHECK_EQUAL(window.size(), 10'000u);
  CAF_CHECK(!window.update(true, 10'000));
  CAF_CHECK(window.update(false, 1));
  CAF_CHECK_EQUAL(window.size(), 1024u);
}

CAF_TEST(the read buffer shrinks when reads in a row leave most of it unused) {
  http_limits limits;
  limits.idle_read_bytes = 1024;
  limits.bulk_read_bytes = 4096;
  read_window window{limits};
  CAF_CHECK(window.update(true, 1024));
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(!window.update(true, 100));
  // One that used more begins the count anew.
  CAF_CHECK(!window.update(true, 256));
  for (int i = 0; i < 3; ++i)
    CAF_CHECK(!window.update(true, 255));
  CAF_CHECK(window.update(true, 255));
  CAF_CHECK_EQUAL(window.size(), 1024u);
  for (int i = 0; i < 20; ++i)
    CAF_CHECK(!window.update(true, 1));
}

CAF_TEST(of many small calls the first are looked at by themselves) {
  CAF_CHECK_EQUAL(first_part(1), 1u);
  CAF_CHECK_EQUAL(first_part(1023), 1023u);
  CAF_CHECK_EQUAL(first_part(1024), 512u);
  CAF_CHECK_EQUAL(first_part(16'383), 512u);
  // A body's bytes.
  CAF_CHECK_EQUAL(first_part(16'384), 16'384u);
}

CAF_TEST(names are remembered for a while) {
  name_cache cache;
  time_point now{1h};
  CAF_CHECK(cache.find("a", now) == nullptr);
  cache.add("a", std::vector<std::string>{"10.0.0.1"}, now);
  cache.add("b", error{errc::connection_failed, "no such host"}, now);
  CAF_REQUIRE(cache.find("a", now + 30s - 1ns) != nullptr);
  CAF_CHECK_EQUAL((**cache.find("a", now)).front(), "10.0.0.1");
  CAF_CHECK(cache.find("a", now + 30s) == nullptr);
  CAF_CHECK(!*cache.find("b", now + 1s - 1ns));
  CAF_CHECK(cache.find("b", now + 1s) == nullptr);
}

CAF_TEST(the memory for names is bounded and forgets the oldest) {
  name_cache cache;
  time_point now{1h};
  for (size_t i = 0; i <= name_cache::max_names; ++i)
    cache.add(std::to_string(i), std::vector<std::string>{"10.0.0.1"},
              now + std::chrono::milliseconds{i});
  CAF_CHECK_EQUAL(cache.size(), name_cache::max_names);
  CAF_CHECK(cache.find("0", now) == nullptr);
  CAF_CHECK(cache.find("1", now) != nullptr);
}

namespace {

/// Lookups that end when the test says so.
struct lookups {
  name_cache::answer run(const std::string& name) {
    std::unique_lock guard{mtx};
    ++running;
    most = std::max(most, running);
    changed.notify_all();
    changed.wait_for(guard, 10s, [this] { return open; });
    --running;
    changed.notify_all();
    return std::vector<std::string>{name};
  }

  void deliver(const std::string&) {
    std::lock_guard guard{mtx};
    ++delivered;
    changed.notify_all();
  }

  template <class Predicate>
  bool await(Predicate holds) {
    std::unique_lock guard{mtx};
    return changed.wait_for(guard, 10s, holds);
  }

  void let_go() {
    std::lock_guard guard{mtx};
    open = true;
    changed.notify_all();
  }

  std::mutex mtx;
  std::condition_variable changed;
  size_t running = 0;
  size_t most = 0;
  size_t delivered = 0;
  bool open = false;
};

} // namespace

CAF_TEST(the resolver is bounded in threads and names) {
  auto work = std::make_shared<lookups>();
  resolver names{
      [work](const std::string& name, name_cache::answer) { work->deliver(name); },
      [work](const std::string& name) { return work->run(name); }};
  for (size_t i = 0; i < resolver::max_threads; ++i)
    CAF_CHECK(names.ask("x"));
  CAF_CHECK(work->await([&] { return work->running == resolver::max_threads; }));
  for (size_t i = 0; i < resolver::max_waiting; ++i)
    CAF_CHECK(names.ask("x"));
  CAF_CHECK(!names.ask("x"));
  work->let_go();
  constexpr auto all = resolver::max_threads + resolver::max_waiting;
  CAF_CHECK(work->await([&] { return work->delivered == all; }));
  CAF_CHECK_EQUAL(work->most, resolver::max_threads);
}

CAF_TEST(a resolver that is gone delivers nothing) {
  auto work = std::make_shared<lookups>();
  {
    resolver names{
        [work](const std::string& name, name_cache::answer) { work->deliver(name); },
        [work](const std::string& name) { return work->run(name); }};
    CAF_CHECK(names.ask("x"));
    CAF_CHECK(work->await([&] { return work->running == 1; }));
  }
  work->let_go();
  CAF_CHECK(work->await([&] { return work->running == 0; }));
  CAF_CHECK_EQUAL(work->delivered, 0u);
}
