#define CAF_SUITE mdns.registry

#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"

#include "mdns/dns_message.hpp"

#include "process.hpp"
#include "support.hpp"
#include "support/paths.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <arpa/inet.h>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <thread>

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace std::chrono_literals;
using namespace std::string_literals;

using mica::errc;
using mica::test::mdns_capture;
using mica::test::process;

namespace {

const std::string peer_program = mica::test::build_path("bin/mdns-peer");

/// Runs a command that changes the network; refuses outside a namespace of our own.
void network(const std::string& command) {
  if (std::getenv("MICA_OWN_NETNS") == nullptr)
    CAF_FAIL("run this by in_netns.sh: it would change the machine's network");
  if (std::system(command.c_str()) != 0)
    CAF_FAIL("failed: " << command);
}

size_t threads() {
  std::filesystem::directory_iterator all{"/proc/self/task"};
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

bool eventually(const std::function<bool()>& holds) {
  auto end = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

struct config : caf::actor_system_config {
  config() {
    set("scheduler.max-threads", size_t{2});
  }
};

struct fixture {
  fixture() : system(cfg), self(system) {
    // nop
  }

  ~fixture() {
    for (auto& x : registries)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  }

  static mdns_options on(std::vector<std::string> interfaces) {
    mdns_options result;
    result.interfaces = std::move(interfaces);
    return result;
  }

  registry_actor spawn(mdns_options options = on({"lo"})) {
    auto result = spawn_mdns_registry(system, std::move(options));
    if (!result)
      CAF_FAIL(to_string(mica::from_caf(result.error())));
    registries.push_back(*result);
    return *result;
  }

  mica::error refusal(mdns_options options) {
    auto result = spawn_mdns_registry(system, std::move(options));
    if (result)
      CAF_FAIL("spawned");
    return mica::from_caf(result.error());
  }

  void put(const registry_actor& at, const std::string& id, const std::string& address,
           caf::timespan ttl = 0s) {
    service_record x{"greeter", "latest", {}, {}, {{id, address, {}}}};
    self->request(at, 20s, register_atom::value, x, ttl)
        .receive([](caf::ok_atom) {},
                 [&](caf::error& err) { CAF_FAIL(to_string(mica::from_caf(err))); });
  }

  /// Ids and addresses, or the reason why there are none.
  std::string find(const registry_actor& at, const std::string& service = "greeter") {
    std::string result;
    self->request(at, 20s, lookup_atom::value, service)
        .receive(
            [&](const snapshot& x) {
              for (auto& version : x.versions)
                for (auto& node : version.nodes)
                  result += (result.empty() ? "" : ", ") + node.id + ' ' + node.address;
            },
            [&](caf::error& err) {
              auto failure = mica::from_caf(err);
              result = std::string{mica::to_string(failure.reason)};
              last_failure = failure.detail;
            });
    return result;
  }

  config cfg;
  caf::actor_system system;
  caf::scoped_actor self;
  std::vector<registry_actor> registries;
  std::string last_failure;
};

/// A socket as a foreign querier has it.
class foreign_socket {
public:
  foreign_socket() : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    ip_mreqn where{};
    where.imr_ifindex = 1;
    where.imr_address.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd_, IPPROTO_IP, IP_MULTICAST_IF, &where, sizeof(where));
    timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }

  ~foreign_socket() {
    close(fd_);
  }

  void to_group(const std::string& bytes) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(5353);
    inet_pton(AF_INET, "224.0.0.251", &to.sin_addr);
    auto n = sendto(fd_, bytes.data(), bytes.size(), 0,
                    reinterpret_cast<sockaddr*>(&to), sizeof(to));
    CAF_REQUIRE_EQUAL(n, static_cast<ssize_t>(bytes.size()));
  }

  /// Empty if nothing comes in ten seconds.
  std::string receive() {
    std::string result(65'536, '\0');
    auto n = recv(fd_, result.data(), result.size(), 0);
    result.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return result;
  }

  int get() const {
    return fd_;
  }

private:
  int fd_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(registry_tests, fixture)

  CAF_TEST(an unknown interface is named beside those there are) {
    auto failure = refusal(on({"lo", "nothere0"}));
    CAF_CHECK(failure.reason == errc::invalid_argument);
    CAF_CHECK(failure.detail.find("\"nothere0\"; it has: lo") != std::string::npos);
  }

  CAF_TEST(an interface that is down is refused with what to do) {
    network("ip link set lo down");
    auto failure = refusal(on({"lo"}));
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(failure.detail.find("ip link set lo up") != std::string::npos);
    CAF_MESSAGE("so is a machine without any");
    CAF_CHECK(refusal(on({})).reason == errc::unavailable);
  }

  CAF_TEST(options that can never work are refused) {
    auto options = on({"lo"});
    options.domain = "a..b";
    CAF_CHECK(refusal(options).reason == errc::invalid_argument);
    options.domain = ".";
    CAF_CHECK(refusal(options).reason == errc::invalid_argument);
    options.domain = "micro.";
    options.timeout = 0ms;
    CAF_CHECK(refusal(options).reason == errc::invalid_argument);
  }

  CAF_TEST(a port that another program has for itself is refused) {
    foreign_socket other;
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(5353);
    CAF_REQUIRE_EQUAL(
        bind(other.get(), reinterpret_cast<sockaddr*>(&where), sizeof(where)), 0);
    auto failure = refusal(on({"lo"}));
    CAF_CHECK(failure.reason == errc::unavailable);
    CAF_CHECK(failure.detail.find("UDP port 5353 (another program")
              != std::string::npos);
  }

  CAF_TEST(without a named interface the loopback serves a machine that has no other) {
    auto registry = spawn(on({}));
    put(registry, "a", "127.0.0.1:1");
    CAF_CHECK_EQUAL(find(spawn(on({}))), "a 127.0.0.1:1");
  }

  CAF_TEST(a query that follows a registration is answered) {
    auto registry = spawn();
    put(registry, "a", "127.0.0.1:4711");
    foreign_socket querier;
    querier.to_group(mdns_capture("v2-get-query"));
    auto reply = mdns::parse_message(querier.receive());
    CAF_REQUIRE(reply);
    CAF_CHECK_EQUAL(reply->id, 0x83c3);
    CAF_REQUIRE_EQUAL(reply->answers.size(), 4u);
    CAF_CHECK_EQUAL(std::get<mdns::srv_data>(reply->answers[1].data).port, 4711);
  }

  CAF_TEST(two registries of one process find each other) {
    auto here = spawn();
    auto there = spawn();
    put(here, "a", "127.0.0.1:1");
    put(there, "b", "[::1]:2");
    CAF_CHECK_EQUAL(find(here), "a 127.0.0.1:1, b [::1]:2");
    CAF_CHECK_EQUAL(find(there), "a 127.0.0.1:1, b [::1]:2");
  }

  CAF_TEST(two processes find each other) {
    process other{{peer_program, "register", "greeter", "there", "127.0.0.1:7", "0"}};
    CAF_REQUIRE_EQUAL(other.line(), "registered");
    auto here = spawn();
    put(here, "here", "127.0.0.1:8");
    CAF_CHECK_EQUAL(find(here), "here 127.0.0.1:8, there 127.0.0.1:7");
    process looking{{peer_program, "find", "greeter"}};
    CAF_CHECK_EQUAL(looking.line(),
                    "latest here 127.0.0.1:8, latest there 127.0.0.1:7");
    process listing{{peer_program, "list"}};
    CAF_CHECK_EQUAL(listing.line(), "greeter");
    CAF_MESSAGE("and notice when one leaves");
    other.close_input();
    CAF_CHECK_EQUAL(other.wait(), 0);
    CAF_CHECK(eventually([&] { return find(here) == "here 127.0.0.1:8"; }));
  }

  CAF_TEST(a process that watches sees another one start and crash) {
    process watching{{peer_program, "watch", "greeter"}};
    CAF_CHECK_EQUAL(watching.line(), "none");
    process other{
        {peer_program, "register", "greeter", "there", "127.0.0.1:7", "1000"}};
    CAF_CHECK_EQUAL(watching.line(), "latest there 127.0.0.1:7");
    other.kill();
    CAF_CHECK_EQUAL(watching.line(), "none");
    watching.close_input();
    CAF_CHECK_EQUAL(watching.wait(), 0);
  }

  CAF_TEST(a registry that ends says goodbye and answers what is pending) {
    auto here = spawn();
    auto there = spawn();
    put(there, "a", "127.0.0.1:1");
    CAF_CHECK_EQUAL(find(here), "a 127.0.0.1:1");
    auto pending = self->request(there, 20s, lookup_atom::value, "nobody"s);
    self->send_exit(there, caf::exit_reason::user_shutdown);
    pending.receive([](const snapshot&) { CAF_FAIL("found nobody"); },
                    [](caf::error& x) {
                      CAF_CHECK(mica::from_caf(x).reason == errc::unavailable);
                    });
    CAF_CHECK(eventually([&] { return find(here) == "service_not_found"; }));
  }

  CAF_TEST(a registry takes its thread along) {
    auto before = threads();
    for (int i = 0; i < 20; ++i) {
      auto registry = spawn();
      put(registry, "a", "127.0.0.1:1");
      self->monitor(registry);
      self->send_exit(registry, caf::exit_reason::user_shutdown);
      self->receive([](const caf::down_msg&) {});
      registries.clear();
      CAF_CHECK(eventually([&] { return threads() <= before; }));
    }
  }

  CAF_TEST(a registry that nobody holds ends) {
    auto before = threads();
    foreign_socket noise;
    for (int i = 0; i < 20; ++i) {
      spawn();
      CAF_CHECK(eventually([&] { return threads() > before; }));
      // Its own thread may hold the last reference while it delivers this.
      for (int j = 0; j < 10; ++j)
        noise.to_group("noise");
      registries.clear();
      CAF_CHECK(eventually([&] { return threads() <= before; }));
    }
  }

  CAF_TEST(a flood of garbage leaves the registry in order) {
    auto registry = spawn();
    put(registry, "a", "127.0.0.1:1");
    foreign_socket hostile;
    auto good = mdns_capture("v2-get-reply");
    for (size_t i = 0; i < 20'000; ++i)
      hostile.to_group(i % 3 == 0 ? good.substr(0, i % good.size()) : "\xc0\x0c"s);
    CAF_CHECK_EQUAL(find(registry), "a 127.0.0.1:1");
  }

  CAF_TEST(a lookup on a dead link fails as unavailable and works when it is back) {
    auto here = spawn();
    process other{{peer_program, "register", "greeter", "there", "127.0.0.1:7", "0"}};
    CAF_REQUIRE_EQUAL(other.line(), "registered");
    network("ip link set lo down");
    CAF_CHECK(eventually([&] { return find(here) == "unavailable"; }));
    CAF_CHECK(last_failure.find("lo: ") != std::string::npos);
    network("ip link set lo up");
    CAF_CHECK(eventually([&] { return find(here) == "there 127.0.0.1:7"; }));
  }

  CAF_TEST(an interface that comes later is used) {
    auto here = spawn(on({}));
    auto there = spawn(on({}));
    put(there, "a", "0.0.0.0:1");
    CAF_CHECK_EQUAL(find(here), "a 127.0.0.1:1");
    network(
        "ip link add v0 type veth peer name v1 && ip address add 10.77.0.1/24 dev v0 "
        "&& ip link set v1 up && ip link set v0 up");
    CAF_CHECK(eventually([&] { return find(here) == "a 10.77.0.1:1"; }));
  }

  CAF_TEST(a link with IPv6 only works too) {
    network("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
    network("ip link add v0 type veth peer name v1 && ip link set v1 up "
            "&& ip link set v0 up");
    network("ip address add 2001:db8::7/64 dev v0 nodad");
    auto up = [&] {
      auto result = spawn_mdns_registry(system, on({"v0"}));
      if (result)
        registries.push_back(*result);
      return static_cast<bool>(result);
    };
    CAF_REQUIRE(eventually(up));
    CAF_REQUIRE(eventually(up));
    put(registries[0], "a", "[::]:1");
    put(registries[0], "b", "10.0.0.1:2");
    CAF_CHECK(eventually(
        [&] { return find(registries[1]) == "a [2001:db8::7]:1, b 10.0.0.1:2"; }));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
