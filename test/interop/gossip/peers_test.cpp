#define CAF_SUITE gossip.peers

#include "contract/registry_worlds.hpp"
#include "discovery/mdns/process.hpp"

#include "mica/discovery/registries.hpp"
#include "support/line_list.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <caf/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

using namespace mica;
using namespace mica::discovery;
using mica::test::line_list;
using namespace std::chrono_literals;

namespace {

/// A port that was free a moment ago.
std::string free_port() {
  auto fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(x);
  if (bind(fd, reinterpret_cast<sockaddr*>(&x), size) != 0
      || getsockname(fd, reinterpret_cast<sockaddr*>(&x), &size) != 0)
    throw std::runtime_error("no port is free");
  close(fd);
  return std::to_string(ntohs(x.sin_port));
}

/// A peer, and what it says.
class peer : public test::process {
public:
  using process::process;

  std::string ask(const std::string& command) {
    tell(command);
    return line();
  }

  /// Passes over lines until one starts so.
  std::string await(const std::string& start) {
    for (;;)
      if (auto next = line(); next.rfind(start, 0) == 0)
        return next;
  }
};

std::string program(const std::string& name) {
  return std::string{MICA_GOSSIP_PEERS} + '/' + name;
}

/// Go Micro; answers one line per command.
struct go_micro : peer {
  go_micro(const std::string& port, const std::string& seeds,
           const std::string& secret = {})
    : peer(command(port, seeds, secret)) {
    await("ready");
  }

  static std::vector<std::string> command(const std::string& port,
                                          const std::string& seeds,
                                          const std::string& secret) {
    std::vector<std::string> result{program("gomicro-gossip"), "-address",
                                    "127.0.0.1:" + port};
    if (!seeds.empty())
      result.insert(result.end(), {"-seeds", seeds});
    if (!secret.empty())
      result.insert(result.end(), {"-secret", secret});
    return result;
  }

  /// The registry logs to standard output too in some versions: look for an answer.
  std::string get(const std::string& service) {
    return ask("get " + service);
  }
};

struct memberlist_node : peer {
  memberlist_node(const std::string& name, const std::string& port,
                  std::vector<std::string> more = {})
    : peer(command(name, port, std::move(more))) {
    await("ready");
  }

  static std::vector<std::string> command(const std::string& name,
                                          const std::string& port,
                                          std::vector<std::string> more) {
    std::vector<std::string> result{program("memberlist-node"), "-name", name, "-port",
                                    port};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

  /// Names and states, as it sees them.
  std::vector<std::string> members() {
    tell("members");
    std::vector<std::string> result;
    for (;;) {
      auto next = line();
      if (next == "end")
        return result;
      if (next.rfind("member ", 0) == 0)
        result.push_back(next.substr(7));
    }
  }
};

struct world : test::real_registry_world {
  world() : real_registry_world({.name = "gossip", .settle = 30s}) {
    // nop
  }

  /// Starts mica's registry; sets `address`.
  void start(std::vector<std::string> seeds = {}, gossip_options options = {}) {
    options.address = "127.0.0.1:0";
    options.addresses = std::move(seeds);
    options.name = "mica";
    options.notice =
        options.report = [this](const std::string& line) { lines.add(line); };
    auto result = spawn_gossip_registry(system(), std::move(options));
    if (!result)
      throw std::runtime_error(to_string(from_caf(result.error())));
    use(std::move(*result));
    // Told before the registry is there.
    std::string prefix = "gossip: listening on ";
    for (const auto& line : lines.get())
      if (line.rfind(prefix, 0) == 0)
        address = line.substr(prefix.size());
  }

  bool soon(const std::function<bool()>& holds) {
    return eventually(holds, caf::timespan{0});
  }

  bool reported(const std::string& line) {
    return lines.await(line, 30s);
  }

  bool finds(const std::string& service, const std::string& node) {
    return soon([&] {
      auto found = look_up(service);
      return found && found->versions.size() == 1
             && found->versions[0].nodes.size() == 1
             && found->versions[0].nodes[0].id == node;
    });
  }

  bool finds_nothing(const std::string& service) {
    return soon([&] { return !look_up(service); });
  }

  bool finds(go_micro& at, const std::string& service, const std::string& text) {
    return soon([&] { return at.get(service).find(text) != std::string::npos; });
  }

  std::string address;
  line_list lines;
};

service_record record(const std::string& name, const std::string& id,
                      size_t endpoints = 0) {
  service_record result{
      name, "latest", {}, {}, {{id, "127.0.0.1:50137", {{"protocol", "mucp"}}}}};
  for (size_t i = 0; i < endpoints; ++i)
    result.endpoints.push_back({"Large.Method" + std::to_string(i),
                                {"Request", "Request", {}},
                                {"Response", "Response", {}},
                                {}});
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(gossip_peers, world)

  CAF_TEST(Go Micro joins us and both find each other) {
    start();
    CAF_REQUIRE(put(record("ours", "ours-1"), 60s));
    go_micro go{free_port(), address};
    // By the state exchange, then by gossip.
    CAF_CHECK(finds(go, "ours", "\"id\":\"ours-1\""));
    CAF_REQUIRE(put(record("later", "later-1"), 60s));
    CAF_CHECK(finds(go, "later", "\"protocol\":\"mucp\""));
    CAF_CHECK_EQUAL(go.ask("register theirs theirs-1 127.0.0.1:7 60s"), "ok");
    CAF_CHECK(finds("theirs", "theirs-1"));
    CAF_CHECK_EQUAL(go.ask("deregister theirs theirs-1 127.0.0.1:7"), "ok");
    CAF_CHECK(finds_nothing("theirs"));
    CAF_REQUIRE(drop(record("ours", "ours-1")));
    CAF_CHECK(finds(go, "ours", "null"));
  }

  CAF_TEST(we join Go Micro and both find each other) {
    auto port = free_port();
    go_micro go{port, ""};
    CAF_CHECK_EQUAL(go.ask("register theirs theirs-1 127.0.0.1:7 60s"), "ok");
    start({"127.0.0.1:" + port});
    auto found = look_up("theirs");
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->versions[0].nodes[0].address, "127.0.0.1:7");
    CAF_REQUIRE(put(record("ours", "ours-1"), 60s));
    CAF_CHECK(finds(go, "ours", "\"id\":\"ours-1\""));
    CAF_CHECK_EQUAL(go.ask("register theirs theirs-2 127.0.0.1:8 60s"), "ok");
    CAF_CHECK(soon([&] {
      auto now = look_up("theirs");
      return now && now->versions[0].nodes.size() == 2;
    }));
  }

  CAF_TEST(services of Go Micro end with their lease) {
    start();
    go_micro go{free_port(), address};
    CAF_CHECK_EQUAL(go.ask("register theirs theirs-1 127.0.0.1:7 3s"), "ok");
    CAF_CHECK(finds("theirs", "theirs-1"));
    CAF_CHECK(finds_nothing("theirs"));
  }

  CAF_TEST(services larger than a datagram reach Go Micro) {
    start();
    go_micro go{free_port(), address};
    CAF_CHECK_EQUAL(go.ask("list"), "[]");
    CAF_REQUIRE(put(record("large", "large-1", 300), 60s));
    CAF_CHECK(finds(go, "large", "Large.Method299"));
  }

  CAF_TEST(Go Micro knows our large services once it joined) {
    start();
    CAF_REQUIRE(put(record("large", "large-1", 300), 60s));
    go_micro go{free_port(), address};
    CAF_CHECK(finds(go, "large", "Large.Method299"));
  }

  CAF_TEST(we know large services of Go Micro once we joined) {
    auto port = free_port();
    go_micro go{port, ""};
    CAF_CHECK_EQUAL(go.ask("register large large-1 127.0.0.1:7 60s 300"), "ok");
    start({"127.0.0.1:" + port});
    auto found = look_up("large");
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(found->versions[0].endpoints.size(), 300u);
  }

  CAF_TEST(two Go Micro processes meet through us) {
    start();
    go_micro first{free_port(), address};
    go_micro second{free_port(), address};
    CAF_CHECK_EQUAL(first.ask("register one one-1 127.0.0.1:7 60s"), "ok");
    CAF_CHECK_EQUAL(second.ask("register two two-1 127.0.0.1:8 60s"), "ok");
    CAF_CHECK(finds(first, "two", "two-1"));
    CAF_CHECK(finds(second, "one", "one-1"));
    CAF_CHECK(finds("one", "one-1"));
    CAF_CHECK(finds("two", "two-1"));
  }

  CAF_TEST(Go Micro with its default secret understands us) {
    gossip_options options;
    options.secure = true;
    start({}, std::move(options));
    CAF_REQUIRE(put(record("ours", "ours-1"), 60s));
    go_micro go{free_port(), address, "default"};
    CAF_CHECK(finds(go, "ours", "\"id\":\"ours-1\""));
    CAF_CHECK_EQUAL(go.ask("register theirs theirs-1 127.0.0.1:7 60s"), "ok");
    CAF_CHECK(finds("theirs", "theirs-1"));
  }

  CAF_TEST(a memberlist node joins us and stays) {
    start();
    memberlist_node node{"node", free_port(), {"-join", address}};
    CAF_CHECK_EQUAL(node.await("joined"), "joined 1 <nil>");
    CAF_CHECK(reported("gossip: node joined"));
    using list = std::vector<std::string>;
    CAF_CHECK(soon([&] {
      auto all = node.members();
      std::sort(all.begin(), all.end());
      return all == list{"mica 0", "node 0"};
    }));
    // Several of its probes and of ours pass meanwhile.
    CAF_CHECK(!lines.await("dead", 5s));
    auto all = node.members();
    std::sort(all.begin(), all.end());
    CAF_CHECK_EQUAL(all, (list{"mica 0", "node 0"}));
  }

  CAF_TEST(we join a memberlist node with a key) {
    gossip_options options;
    options.keys = {"0123456789abcdef0123456789abcdef"};
    auto port = free_port();
    memberlist_node node{"node", port, {"-key", options.keys[0]}};
    start({"127.0.0.1:" + port}, options);
    CAF_CHECK(reported("gossip: node joined"));
    node.await("join mica");
    // What it said when we joined; ours is JSON with the services.
    CAF_REQUIRE(put(record("ours", "ours-1"), 60s));
    CAF_CHECK_NOT_EQUAL(node.await("message").find("ours-1"), std::string::npos);
  }

  CAF_TEST(a memberlist node with another key stays outside) {
    gossip_options options;
    options.keys = {"0123456789abcdef"};
    start({}, options);
    memberlist_node node{
        "node", free_port(), {"-join", address, "-key", "fedcba9876543210"}};
    CAF_CHECK_EQUAL(node.await("joined").substr(0, 8), "joined 0");
    memberlist_node plain{"plain", free_port(), {"-join", address}};
    CAF_CHECK_EQUAL(plain.await("joined").substr(0, 8), "joined 0");
    CAF_CHECK_EQUAL(lines.get().size(), 1u);
  }

  CAF_TEST(a memberlist node leaves and we notice) {
    start();
    memberlist_node node{"node", free_port(), {"-join", address}};
    CAF_CHECK(reported("gossip: node joined"));
    node.tell("leave");
    CAF_CHECK_EQUAL(node.await("left"), "left <nil>");
    CAF_CHECK(reported("gossip: node left"));
  }

  CAF_TEST(a killed memberlist node is found dead) {
    start();
    memberlist_node node{"node", free_port(), {"-join", address}};
    memberlist_node other{"other", free_port(), {"-join", address}};
    CAF_CHECK(reported("gossip: node joined"));
    CAF_CHECK(reported("gossip: other joined"));
    node.kill();
    CAF_CHECK(reported("gossip: node is dead"));
    other.await("leave node");
  }

  CAF_TEST(a memberlist node notices that we leave) {
    start();
    memberlist_node node{"node", free_port(), {"-join", address}};
    node.await("join mica");
    caf::anon_send_exit(registry(), caf::exit_reason::user_shutdown);
    CAF_CHECK_EQUAL(node.await("leave mica"), "leave mica");
  }

  CAF_TEST(memberlist nodes meet through us) {
    start();
    memberlist_node first{"first", free_port(), {"-join", address}};
    memberlist_node second{
        "second", free_port(), {"-join", address, "-compress=false"}};
    first.await("join second");
    second.await("join first");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
