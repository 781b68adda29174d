#define CAF_SUITE built_in_live

#include "mica/debug/debug.pb.h"

#include "grpc/health/v1/health.mica.hpp"
#include "service_fixture.hpp"

#include <caf/test/unit_test.hpp>

#include <thread>

// The program's own copy of the public file: its client, our server.
namespace health = ::grpc::health::v1;

using mica::test::service_fixture;

namespace {

/// As `mica_generate` would make it; the handler is ours alone.
class debug_client : public mica::client_stub {
public:
  using client_stub::client_stub;

  mica::blocking_stream<mica::debug::Record, void>
  log(const mica::debug::LogRequest& request, const mica::call_options& how) const {
    static const mica::method_descriptor method{
        "Log",
        "Debug.Log",
        &mica::debug::LogRequest::default_instance(),
        &mica::debug::Record::default_instance(),
        mica::idempotency::unknown,
        mica::method_kind::server_stream,
        "mica.debug"};
    return mica::blocking_stream<mica::debug::Record, void>{
        open_blocking(method, &request, how)};
  }
};

struct fixture : service_fixture {
  fixture()
    : service(make("watched")),
      caller("caller", options()),
      client(caller, "watched") {
    CAF_REQUIRE(service->start());
  }

  static health::HealthCheckRequest about(const std::string& name) {
    health::HealthCheckRequest result;
    result.set_service(name);
    return result;
  }

  std::unique_ptr<mica::service> service;
  mica::service caller;
  health::health_client client;
};

std::string
next_status(const mica::blocking_stream<health::HealthCheckResponse, void>& from) {
  auto response = from.read();
  return response ? health::HealthCheckResponse::ServingStatus_Name(response->status())
                  : "none";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(built_in_live_tests, fixture)

  CAF_TEST(a service that runs is healthy and one that it does not have is not found) {
    auto whole = client.check(about(""));
    CAF_REQUIRE(whole);
    CAF_CHECK(whole->status() == health::HealthCheckResponse::SERVING);
    auto unknown = client.check(about("nobody.Nothing"));
    CAF_REQUIRE(!unknown);
    CAF_CHECK(unknown.error().reason == mica::errc::not_found);
  }

  // A stream that stayed open would hold the stop up for the drain time.
  CAF_TEST(who watches a service sees it stop and does not keep it from that) {
    auto watch = client.watch(about(""));
    CAF_CHECK_EQUAL(next_status(watch), "SERVING");
    auto begun = std::chrono::steady_clock::now();
    std::thread stopper{[this] { service->stop(); }};
    CAF_CHECK_EQUAL(next_status(watch), "NOT_SERVING");
    CAF_CHECK_EQUAL(next_status(watch), "none");
    auto why = watch.failure();
    CAF_CHECK(why.reason == mica::errc::unavailable);
    CAF_CHECK_EQUAL(why.detail, "the server stops");
    stopper.join();
    CAF_CHECK_LESS(std::chrono::steady_clock::now() - begun, std::chrono::seconds{9});
  }

  CAF_TEST(the log is read and followed by every protocol) {
    debug_client debug{caller, "watched"};
    for (auto protocol : {"grpc", "mucp"}) {
      for (auto type : {"application/protobuf", "application/json"}) {
        mica::call_options how{.address = service->address(), .protocol = protocol};
        how.content_type = type;
        mica::debug::LogRequest request;
        request.set_count(100);
        auto log = debug.log(request, how);
        std::string text;
        while (auto record = log.read())
          text += record->message() + "\n";
        CAF_CHECK(log.finish());
        CAF_CHECK(text.find("Listening on " + service->address()) != std::string::npos);
        // Who follows it gets the same first, and leaves when it likes.
        request.set_stream(true);
        auto followed = debug.log(request, how);
        CAF_CHECK(followed.read());
      }
    }
  }

  CAF_TEST(a watcher that leaves lets its service go on) {
    {
      auto watch = client.watch(about("nobody.Nothing"));
      CAF_CHECK_EQUAL(next_status(watch), "SERVICE_UNKNOWN");
    }
    CAF_CHECK(client.check(about("")));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
