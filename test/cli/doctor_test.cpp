// `mica doctor` in front of a real Consul agent, and of what can be wrong behind it.

#define CAF_SUITE doctor

#include "actors/echo_service.hpp"
#include "discovery/consul/fake_agent.hpp"
#include "discovery/consul/real_agent.hpp"

#include "mica/discovery/registries.hpp"
#include "mica/net/caf_error.hpp"
#include "runtime/runtime.hpp"
#include "runtime/service_impl.hpp"
#include "support/subprocess.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

using namespace mica;
using namespace mica::test;
using namespace mica::test::consul;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The marks and steps of the lines alone: `ok registry, FAIL tls`.
std::string steps(const std::string& out) {
  std::string result;
  for (size_t begin = 0; begin < out.size(); begin = out.find('\n', begin) + 1) {
    auto mark = out.substr(begin, out.find(' ', begin) - begin);
    auto step = out.substr(begin + 6, out.find(':', begin) - begin - 6);
    result += (result.empty() ? "" : ", ") + mark + ' ' + step;
  }
  return result;
}

/// A server of mucp that gives every request the same answer.
fake_reply mucp_reply(const std::string& body, const std::string& status) {
  return {"HTTP/1.1 " + status
          + "\r\nContent-Type: application/json\r\nContent-Length: "
          + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body};
}

struct world {
  world() : address(shared_agent()) {
    auto dir = (std::filesystem::temp_directory_path() / "mica-doctor.XXXXXX").string();
    CAF_REQUIRE(mkdtemp(dir.data()) != nullptr);
    certs = dir;
  }

  ~world() {
    std::error_code ignored;
    std::filesystem::remove_all(certs, ignored);
  }

  run_result tool(std::vector<std::string> arguments) const {
    std::vector<std::string> all{program("mica"), "--registry=consul",
                                 "--registry_address=" + address};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run(std::move(all));
  }

  run_result doctor(const std::string& service, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"doctor", service});
    return tool(std::move(flags));
  }

  /// A service of mica's that is registered.
  std::unique_ptr<service> serve(const std::string& name, bool secure = false) {
    auto result =
        std::make_unique<service>(name, service_options{.address = "127.0.0.1:0",
                                                        .registry_name = "consul",
                                                        .broker_name = "memory"});
    auto& config = result->impl().config();
    config.registry_addresses = {address};
    config.log_level = "error";
    if (secure) {
      for (auto& command : std::vector<std::vector<std::string>>{
               {"ca"}, {"server", "--ip", "127.0.0.1"}}) {
        std::vector<std::string> all{program("mica"), "cert"};
        all.insert(all.end(), command.begin(), command.end());
        all.insert(all.end(), {"--dir", certs});
        CAF_REQUIRE_EQUAL(run(std::move(all)).status, 0);
      }
      config.server_tls.certificate_file = certs + "/server.pem";
      config.server_tls.key_file = certs + "/server.key";
    }
    result->handle<echo>({}, probe, result.get());
    auto started = result->start();
    if (!started)
      CAF_FAIL(to_string(started.error()));
    return result;
  }

  /// A node that is registered, whatever is behind it; out again with the object.
  struct entry {
    ~entry() {
      of->tool({"deregister", "service", json});
    }

    const world* of;
    std::string json;
  };

  entry enter(const std::string& name, const std::string& node_address,
              const std::string& metadata = "{}") const {
    auto json = R"({"name":")" + name + R"(","version":"1","nodes":[{"id":")" + name
                + R"(-1","address":")" + node_address + R"(","metadata":)" + metadata
                + "}]}";
    CAF_REQUIRE_EQUAL(tool({"register", "service", json}).status, 0);
    return {this, json};
  }

  std::string address;
  std::string certs;
  std::shared_ptr<echo_probe> probe = std::make_shared<echo_probe>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(doctor_tests, world)

  CAF_TEST(a service that can be called has nothing but good lines) {
    auto server = serve("doctor.well");
    auto result = doctor("doctor.well");
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(steps(result.out),
                    "ok registry, ok registered, ok lease, ok address, "
                    "ok tls, ok protocol, ok health");
    CAF_CHECK(contains(result.out, server->address()));
    CAF_CHECK_EQUAL(result.err, "");
  }

  CAF_TEST(a slip in the name is found) {
    auto server = serve("doctor.named");
    auto result = doctor("doctor.namde");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out), "ok registry, FAIL registered");
    CAF_CHECK(contains(result.out, "perhaps you mean doctor.named"));
  }

  CAF_TEST(an agent that is away ends the search with its address) {
    refused_address nobody;
    address = nobody.text();
    auto result = doctor("doctor.well");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out), "FAIL registry");
    CAF_CHECK(contains(result.out, nobody.text()));
    CAF_CHECK(contains(result.out, "start an agent"));
  }

  CAF_TEST(an agent that is none is no registry) {
    fake_agent nonsense{[](const std::string&) { return mucp_reply("[]]", "200 OK"); }};
    address = nonsense.address();
    auto result = doctor("doctor.well");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out), "FAIL registry");
  }

  CAF_TEST(a registry within one process finds nobody) {
    auto result = run({program("mica"), "--registry=memory", "doctor", "doctor.well"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out), "ok registry, FAIL registered");
    CAF_CHECK(contains(result.out, "--registry"));
  }

  CAF_TEST(a node whose process is gone is named) {
    refused_address nobody;
    auto node = enter("doctor.gone", nobody.text());
    auto result = doctor("doctor.gone");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out),
                    "ok registry, ok registered, ok lease, FAIL address");
    CAF_CHECK(contains(result.out, "doctor.gone-1"));
    CAF_CHECK(contains(result.out, nobody.text()));
  }

  CAF_TEST(a name that has no address is said to have none) {
    auto node = enter("doctor.nowhere", "no-such-host.invalid:80");
    auto result = doctor("doctor.nowhere");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.out, "FAIL  address: doctor.nowhere-1: the name "
                                   "no-such-host.invalid has no address"));
  }

  CAF_TEST(a node that is not renewed is hidden by Consul and found here) {
    detail::runtime home{1};
    discovery::consul_options options;
    options.addresses = {address};
    auto registry = discovery::spawn_consul_registry(home.system(), options);
    // It takes connections all the same.
    fake_agent alive{[](const std::string&) { return mucp_reply("{}", "200 OK"); }};
    discovery::service_record record;
    record.name = "doctor.late";
    record.version = "1";
    record.nodes = {{"doctor.late-1", alive.address(), {}}};
    caf::scoped_actor self{home.system()};
    self->request(registry, 20s, discovery::register_atom::value, record,
                  caf::timespan{1s})
        .receive([](caf::ok_atom) {},
                 [](const caf::error& why) { CAF_FAIL(to_string(from_caf(why))); });
    auto result = doctor("doctor.late");
    auto end = std::chrono::steady_clock::now() + 20s;
    while (!contains(result.out, "lookups leave out")
           && std::chrono::steady_clock::now() < end)
      result = doctor("doctor.late");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out), "ok registry, ok registered, FAIL lease");
    CAF_CHECK(contains(result.out, "doctor.late-1"));
    CAF_CHECK(contains(result.out, alive.address() + " takes connections"));
    self->request(registry, 20s, discovery::deregister_atom::value, record)
        .receive([](caf::ok_atom) {}, [](const caf::error&) {});
    caf::anon_send_exit(registry, caf::exit_reason::user_shutdown);
  }

  CAF_TEST(calls without TLS to a node with TLS are told to use it) {
    auto server = serve("doctor.secure", true);
    // As somebody registers it who does not know.
    auto node = enter("doctor.tls", server->address());
    auto result = doctor("doctor.tls");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out),
                    "ok registry, ok registered, ok lease, ok address, FAIL tls");
    CAF_CHECK(contains(result.out, "add --client_tls"));
  }

  CAF_TEST(calls with TLS to a node without it are told so) {
    auto server = serve("doctor.plain");
    auto result = doctor("doctor.plain", {"--client_tls"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out),
                    "ok registry, ok registered, ok lease, ok address, FAIL tls");
    CAF_CHECK(contains(result.out, "speaks no TLS"));
  }

  CAF_TEST(a certificate that is not trusted is a failure until its authority is named) {
    auto server = serve("doctor.trust", true);
    auto result = doctor("doctor.trust");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(steps(result.out),
                    "ok registry, ok registered, ok lease, ok address, FAIL tls");
    CAF_CHECK(contains(result.out, "authority"));
    CAF_CHECK(contains(result.out, "--client_tls_ca_file"));
    auto authority = "--client_tls_ca_file=" + certs + "/ca.pem";
    result = doctor("doctor.trust", {authority});
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK(contains(result.out, "ok    health"));
    result = doctor("doctor.trust", {authority, "--client_tls_server_name=other.name"});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.out, "other.name"));
  }

  CAF_TEST(a node that does not speak what it announces is told apart) {
    fake_agent http1{[](const std::string&) { return mucp_reply("{}", "200 OK"); }};
    auto node = enter("doctor.http1", http1.address(), R"({"protocol":"grpc"})");
    auto result = doctor("doctor.http1");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(
        steps(result.out),
        "ok registry, ok registered, ok lease, ok address, ok tls, FAIL protocol");
    CAF_CHECK(contains(result.out, "--client=mucp"));
    fake_agent mail{[](const std::string&) { return fake_reply{"220 ready\r\n"}; }};
    auto other = enter("doctor.mail", mail.address());
    result = doctor("doctor.mail");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.out, "FAIL  protocol"));
    CAF_CHECK(contains(result.out, "something else listens there"));
  }

  CAF_TEST(a sick node is told from one that has no word on its health) {
    fake_agent sick{[](const std::string&) {
      return mucp_reply(R"({"status":"out of disk"})", "200 OK");
    }};
    auto node = enter("doctor.sick", sick.address(), R"({"protocol":"mucp"})");
    auto result = doctor("doctor.sick");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(contains(result.out, "FAIL  health: doctor.sick-1: it says out of disk"));
    // A server of another kind is reached all the same.
    fake_agent other{[](const std::string&) {
      return mucp_reply(R"({"id":"x","code":404,"detail":"no such endpoint"})",
                        "404 Not Found");
    }};
    auto stranger = enter("doctor.other", other.address(), R"({"protocol":"mucp"})");
    result = doctor("doctor.other");
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK(contains(result.out, "it answers, and has no Debug.Health to ask"));
  }

  CAF_TEST(wrong use ends with 2) {
    CAF_CHECK_EQUAL(tool({"doctor"}).status, 2);
    CAF_CHECK_EQUAL(tool({"doctor", "a", "b"}).status, 2);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
