// What is wrong with the cluster, its address, or what comes from it.

#define CAF_SUITE kafka_bad_input

#include "contract/broker_support.hpp"
#include "contract/broker_worlds.hpp"
#include "mica/actors/brokers.hpp"
#include "servers/real_server.hpp"
#include "support/line_list.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>

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

  void make(const std::string& address, mica::kafka_options options = {},
            const mica::net::tls_client_options& tls = {}) {
    auto source = mica::kafka_broker(std::move(options));
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

  std::string shared() const {
    return shared_server(MICA_KAFKA_DIR, "Kafka");
  }

  std::shared_ptr<line_list> log = std::make_shared<line_list>();
};

/// Publishes what no broker of ours would.
void publish_raw(const std::string& address, const std::string& topic,
                 const std::vector<std::string>& what) {
  char why[512];
  auto* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", address.c_str(), why, sizeof why);
  auto* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  CAF_REQUIRE(producer != nullptr);
  for (const auto& x : what)
    CAF_CHECK(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic.c_str()),
                                RD_KAFKA_V_VALUE(const_cast<char*>(x.data()), x.size()),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_END)
              == RD_KAFKA_RESP_ERR_NO_ERROR);
  CAF_CHECK(rd_kafka_flush(producer, 20'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_destroy(producer);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_bad_input_tests, bad_world)

  CAF_TEST(an address that is none is refused at once) {
    for (const auto* x : {"kafka://127.0.0.1", "127.0.0.1:99999", "a b"}) {
      make(x);
      CAF_CHECK(connect_fails() == errc::invalid_argument);
      end_all();
    }
  }

  CAF_TEST(where nobody listens connect and publish fail by name) {
    make("127.0.0.1:1", {.connect_time = 1s, .publish_time = 1s});
    auto x = connect(broker());
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::unavailable);
    CAF_CHECK(x.error().detail.find("127.0.0.1:1") != std::string::npos);
    auto y = publish(topic(), "lost");
    CAF_REQUIRE(!y);
    CAF_CHECK(y.error().reason == errc::unavailable
              || y.error().reason == errc::timeout);
  }

  CAF_TEST(TLS to a cluster without it fails) {
    make(shared(), {.connect_time = 2s},
         trusting("/etc/ssl/certs/ca-certificates.crt"));
    CAF_CHECK(connect_fails() == errc::unavailable);
  }

  CAF_TEST(authorities that are no file are refused at once) {
    make("127.0.0.1:1", {}, trusting("/nowhere/ca.pem"));
    CAF_CHECK(connect_fails() == errc::invalid_argument);
  }

  CAF_TEST(what is no event is skipped and reported) {
    auto address = shared();
    make(address);
    connect_both(*this);
    auto sink = record();
    must(subscribe(broker(), sink, topic(), queue()), "subscribe");
    publish_raw(address, topic(), {"", "no JSON", "{\"Body\":\"!\"}", "[1]", "\xff"});
    must(publish(topic(), "good"), "publish");
    CAF_CHECK(eventually([&] { return sink.count() == 1; }));
    CAF_CHECK(sink.bodies() == std::vector<std::string>{"good"});
    CAF_CHECK(log->has("kafka broker: dropped a message"));
  }

  CAF_TEST(an event of 100 MiB is refused and the next one passes) {
    make(shared());
    connect_both(*this);
    auto x = publish(topic(), std::string(100 * 1024 * 1024, 'x'));
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::limit_exceeded);
    CAF_CHECK(publish(topic(), "small"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
