#define CAF_SUITE subscriber_wrapper

#include "event_fixture.hpp"

#include "mica/actors/wrapper_logging.hpp"
#include "mica/actors/wrapper_metrics.hpp"
#include "mica/actors/wrapper_tracing.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

// Fails or throws at the first delivery, as the message says; counts what its object
// saw.
struct moody : subscriber<Event> {
  explicit moody(std::shared_ptr<event_log> to) : log(std::move(to)) {
    // nop
  }

  expected<void> on_event(event_context& context, const Event& event) override {
    log->add(event.message() + '@' + std::to_string(++seen));
    if (event.message() == "refuse" && context.attempt() == 1)
      return error{409, "line\nbreak"};
    if (event.message() == "throw" && context.attempt() == 1)
      throw std::runtime_error{"thrown"};
    return {};
  }

  std::shared_ptr<event_log> log;
  int seen = 0;
};

struct fixture : event_fixture {
  fixture() : sender("sender", options()) {
    // nop
  }

  void serve(std::vector<subscriber_wrapper> wrappers,
             std::shared_ptr<mica::metrics> counted = nullptr) {
    auto what = options();
    what.subscriber_wrappers = std::move(wrappers);
    what.metrics = std::move(counted);
    receiver = std::make_unique<service>("receiver", what);
    receiver->subscribe<moody>("events", {.backoff = 1ms}, log);
    CAF_REQUIRE(receiver->start());
  }

  void publish(const std::string& message, const publish_options& options = {}) {
    CAF_REQUIRE(publisher(sender, "events").publish(make_test_event(message), options));
  }

  service sender;
  std::unique_ptr<service> receiver;
  std::shared_ptr<event_log> told = std::make_shared<event_log>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(subscriber_wrapper_tests, fixture)

  CAF_TEST(logging writes a line for each delivery when it is settled) {
    mica::logging lines{{[this](std::string_view x) { told->add(std::string{x}); }}};
    serve({lines.subscriber()});
    publish("refuse");
    CAF_REQUIRE(told->wait_for(2));
    auto seen = told->items();
    CAF_CHECK(seen[0].starts_with("event "));
    CAF_CHECK(seen[0].find(" of events, attempt 1: ") != std::string::npos);
    CAF_CHECK(seen[0].find("409 Conflict: line break in ") != std::string::npos);
    CAF_CHECK(seen[1].find(" of events, attempt 2: ok in ") != std::string::npos);
  }

  CAF_TEST(recovery nacks what throws and keeps the object) {
    serve({event_recovery(
        {.report = [this](std::string_view topic, std::string_view what) {
          told->add(std::string{topic} + ' ' + std::string{what});
        }})});
    publish("throw");
    CAF_REQUIRE(log->wait_for(2));
    // The second delivery is the same object's second.
    CAF_CHECK(log->items() == strings({"throw@1", "throw@2"}));
    CAF_CHECK(told->items() == strings{"events thrown"});
  }

  CAF_TEST(without recovery a new object takes the next delivery) {
    serve({});
    publish("throw");
    CAF_REQUIRE(log->wait_for(2));
    CAF_CHECK(log->items() == strings({"throw@1", "throw@1"}));
  }

  CAF_TEST(a delivery becomes a span below its publisher) {
    auto spans = std::make_shared<std::vector<span>>();
    mica::tracing traced{{.collect = [this, spans](const span& x) {
      spans->push_back(x);
      told->add(x.endpoint);
    }}};
    serve({traced.subscriber()});
    publish("refuse",
            {.headers = {{"traceparent",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}});
    CAF_REQUIRE(told->wait_for(2));
    receiver->stop();
    for (const auto& x : *spans) {
      CAF_CHECK(x.kind == span_kind::consumer);
      CAF_CHECK(x.service == "receiver" && x.endpoint == "events");
      CAF_CHECK(to_hex(x.context.trace_id) == "0af7651916cd43dd8448eb211c80319c");
      CAF_CHECK(to_hex(x.parent) == "b7ad6b7169203331");
    }
    CAF_CHECK(spans->front().failure);
    CAF_CHECK(!spans->back().failure);
  }

  CAF_TEST(a service with metrics counts deliveries by topic) {
    if (!metrics::available())
      return;
    auto counted = std::make_shared<mica::metrics>();
    serve({}, counted);
    publish("refuse");
    CAF_REQUIRE(log->wait_for(2));
    receiver->stop();
    auto page = counted->text();
    auto counts = [&](const std::string& status) {
      for (size_t at = 0;
           (at = page.find("\nmicro_request_total{", at)) != page.npos;) {
        auto line = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
        if (line.find("\"events\"") != line.npos && line.find(status) != line.npos)
          return line.substr(line.rfind(' ') + 1);
        ++at;
      }
      return std::string{"none"};
    };
    CAF_CHECK(counts("success") == "1");
    CAF_CHECK(counts("failure") == "1");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
