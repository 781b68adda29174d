// What is wrong with the server, its address, or what comes from it.

#define CAF_SUITE nats_bad_input

#include "contract/broker_support.hpp"
#include "contract/broker_worlds.hpp"
#include "mica/actors/brokers.hpp"
#include "mica/net/certificates.hpp"
#include "servers/real_server.hpp"
#include "support/line_list.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <fstream>
#include <optional>

namespace {

using namespace std::chrono_literals;
using namespace mica::test;
using namespace mica::test::broker_cases;

using mica::errc;

broker_expectations patient() {
  broker_expectations result;
  result.settle = 20s;
  result.recovery = 20s;
  return result;
}

mica::net::tls_client_options trusting(std::string authorities) {
  mica::net::tls_client_options result;
  result.ca_file = std::move(authorities);
  return result;
}

struct bad_world : real_broker_world {
  bad_world() : real_broker_world(patient()) {
    // nop
  }

  ~bad_world() override {
    end_all();
  }

  void make(const mica::broker_source& source, const std::string& address,
            const mica::net::tls_client_options& tls = {}) {
    mica::broker_environment env;
    env.addresses = {address};
    env.client_tls = tls;
    env.report = [log = log](const std::string& line) { log->add(line); };
    use(*source.make(system(), env), *source.make(system(), env));
  }

  errc connect_fails() {
    auto x = connect(broker());
    return x ? errc::none : x.error().reason;
  }

  std::shared_ptr<line_list> log = std::make_shared<line_list>();
};

/// Publishes what no broker of ours would.
void publish_raw(const std::string& address, const std::string& subject,
                 const std::string& bytes) {
  natsConnection* connection = nullptr;
  CAF_REQUIRE(natsConnection_ConnectTo(&connection, ("nats://" + address).c_str())
              == NATS_OK);
  CAF_CHECK(natsConnection_Publish(connection, subject.c_str(), bytes.data(),
                                   static_cast<int>(bytes.size()))
            == NATS_OK);
  CAF_CHECK(natsConnection_FlushTimeout(connection, 5'000) == NATS_OK);
  natsConnection_Destroy(connection);
}

/// An authority, and a server's certificate for 127.0.0.1.
struct tls_files {
  tls_files() {
    auto dir = (std::filesystem::temp_directory_path() / "mica-tls.XXXXXX").string();
    if (::mkdtemp(dir.data()) == nullptr)
      throw std::runtime_error{"no temporary folder"};
    path = dir;
    auto now = std::chrono::system_clock::now();
    auto authority = *mica::net::make_authority({.subject = "test",
                                                 .names = {},
                                                 .not_before = now - 1h,
                                                 .not_after = now + 1h});
    auto server = *mica::net::make_certificate({.subject = "server",
                                                .names = {"127.0.0.1"},
                                                .not_before = now - 1h,
                                                .not_after = now + 1h},
                                               authority);
    std::ofstream{ca()} << authority.certificate;
    std::ofstream{path + "/cert.pem"} << server.certificate;
    std::ofstream{path + "/key.pem"} << server.key;
  }

  ~tls_files() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::string ca() const {
    return path + "/ca.pem";
  }

  std::string for_server() const {
    return "NATS_TLS=" + path + "/cert.pem:" + path + "/key.pem:" + ca();
  }

  std::string path;
};

template <class Source>
void skips_what_is_no_event(bad_world& world, Source make, const char* said) {
  own_server server{"nats"};
  world.make(make(), server.address());
  connect_both(world);
  auto topic = world.topic();
  auto sink = world.record();
  must(world.subscribe(world.broker(), sink, topic, world.queue()), "subscribe");
  for (const auto* x : {"", "no JSON", "{\"Body\":\"!\"}", "[1]", "\xff\xfe"})
    publish_raw(server.address(), topic, x);
  must(world.publish(topic, "good"), "publish");
  CAF_CHECK(world.eventually([&] { return sink.count() == 1; }));
  CAF_CHECK(sink.bodies() == std::vector<std::string>{"good"});
  CAF_CHECK(world.log->has(said));
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(nats_bad_input_tests, bad_world)

  CAF_TEST(an address that is none is refused at once) {
    for (const auto* x : {"http://127.0.0.1:1", "127.0.0.1:99999", "a b"}) {
      make(mica::nats_broker(), x);
      CAF_CHECK(connect_fails() == errc::invalid_argument);
      end_all();
    }
  }

  CAF_TEST(a broker whose server comes later connects by itself) {
    own_server server{"nats"};
    server.kill();
    make(mica::nats_broker({.publish_time = 1s}), server.address());
    auto x = connect(broker());
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::unavailable);
    CAF_CHECK(x.error().detail.find(server.address()) != std::string::npos);
    auto early = publish(topic(), "early");
    CAF_REQUIRE(!early);
    CAF_CHECK(early.error().reason == errc::unavailable);
    server.start();
    CAF_CHECK(within(expectations().recovery,
                     [&] { return publish(topic(), "late").has_value(); }));
  }

  CAF_TEST(core nats counts and skips what is no event) {
    skips_what_is_no_event(
        *this, [] { return mica::nats_broker(); }, "nats broker: dropped a message");
  }

  CAF_TEST(jetstream is done with what is no event) {
    skips_what_is_no_event(
        *this, [] { return mica::jetstream_broker(); },
        "jetstream broker: dropped a message");
  }

  CAF_TEST(an event of 100 MiB is refused and the next one passes) {
    own_server server{"nats"};
    make(mica::nats_broker(), server.address());
    connect_both(*this);
    auto x = publish(topic(), std::string(100 * 1024 * 1024, 'x'));
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::limit_exceeded);
    CAF_CHECK(publish(topic(), "small"));
  }

  CAF_TEST(a slow subscriber loses events by the name of the limit) {
    own_server server{"nats"};
    make(mica::nats_broker({.pending_events = 10}), server.address());
    connect_both(*this);
    auto sink = record(false);
    must(subscribe(broker(), sink, topic(), queue(), 2), "subscribe");
    for (const auto& x : numbered(50))
      must(publish(topic(), x), "publish");
    CAF_REQUIRE(eventually([&] { return sink.count() == 2; }));
    CAF_CHECK(log->await("pending_events", 20s));
    sink.settle_all_from_now();
    sink.settle(0);
    sink.settle(1);
    CAF_CHECK(eventually([&] { return sink.count() >= 12; }));
    CAF_CHECK(sink.count() < 50);
  }

  CAF_TEST(over TLS with the right authority events pass) {
    tls_files files;
    own_server server{"nats", files.for_server()};
    make(mica::nats_broker(), "tls://" + server.address(), trusting(files.ca()));
    connect_both(*this);
    auto sink = record();
    must(subscribe(broker(), sink, topic()), "subscribe");
    must(publish(topic(), "secret"), "publish");
    CAF_CHECK(eventually([&] { return sink.count() == 1; }));
  }

  CAF_TEST(a server that an unknown authority signed is not connected to) {
    tls_files files;
    tls_files others;
    own_server server{"nats", files.for_server()};
    make(mica::nats_broker({.connect_time = 1s}), "tls://" + server.address(),
         trusting(others.ca()));
    CAF_CHECK(connect_fails() == errc::unavailable);
  }

  CAF_TEST(TLS to a server without it fails) {
    tls_files files;
    own_server server{"nats"};
    make(mica::nats_broker({.connect_time = 1s}), "tls://" + server.address(),
         trusting(files.ca()));
    CAF_CHECK(connect_fails() == errc::unavailable);
  }

  CAF_TEST(authorities that are no file are refused at once) {
    make(mica::nats_broker(), "tls://127.0.0.1:1", trusting("/nowhere/ca.pem"));
    CAF_CHECK(connect_fails() == errc::invalid_argument);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
