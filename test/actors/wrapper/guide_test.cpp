// The code of docs/guide/wrappers.md that no example has.

#define CAF_SUITE wrappers_guide

#include "service_fixture.hpp"

#include "mica/actors/wrapper_limits.hpp"
#include "mica/actors/wrapper_logging.hpp"
#include "mica/actors/wrapper_metrics.hpp"
#include "mica/actors/wrapper_tracing.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::test;

namespace {

// [stream]
mica::stream_function only_short(mica::stream_function next) {
  return [next](mica::streamed_message& message) {
    if (message.content().ByteSizeLong() > 1000)
      message.fail({mica::errc::limit_exceeded, "say it shorter"});
    else
      next(message);
  };
}
// [stream]

mica::service_options everything(mica::service_options options,
                                 std::vector<std::string>& spans) {
  // [limits]
  mica::rate_limit rate{{.per_second = 500, .burst = 50}};
  mica::concurrency_limit slow{{.calls = 10, .queue = 100}};
  options.handler_wrappers = {rate.handler(), slow.handler()};
  options.call_wrappers = {slow.per_node()};
  // [limits]
  options.stream_wrappers = {only_short};
  // [tracing]
  mica::tracing traced{{.collect = [&spans](const mica::span& x) {
    spans.push_back(mica::to_hex(x.context.trace_id) + " " + x.endpoint);
  }}};
  options.handler_wrappers.insert(options.handler_wrappers.begin(), traced.handler());
  options.client_wrappers.insert(options.client_wrappers.begin(), traced.client());
  // [tracing]
  // [metrics]
  options.metrics = std::make_shared<mica::metrics>(
      mica::metrics_options{.buckets = {.001, .01, .1, 1}});
  options.admin_address = "127.0.0.1:0";
  // [metrics]
  return options;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(wrappers_guide_tests, service_fixture)

  CAF_TEST(all of the guides wrappers together let calls through) {
    std::vector<std::string> spans;
    auto server = make("echo", {}, everything(options(), spans));
    CAF_REQUIRE(server->start());
    {
      mica::service outside{"outside", options()};
      CAF_CHECK(echo_client(outside, "echo").say(text("x")));
    }
    server->stop();
    CAF_REQUIRE_EQUAL(spans.size(), 1u);
    CAF_CHECK(spans[0].ends_with(" Echo.Say"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
