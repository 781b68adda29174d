#define CAF_SUITE service_parts

#include "echo_service.hpp"

#include "mica/actors/brokers.hpp"
#include "mica/actors/publisher.hpp"
#include "mica/actors/registries.hpp"
#include "mica/actors/sources.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>

using namespace mica;
using namespace mica::test;

namespace {

std::string say(service& via, const std::string& what, call_options options = {}) {
  auto answer = echo_client{via, "echo"}.say(text(what), std::move(options));
  return answer ? answer->text() : to_string(answer.error());
}

} // namespace

CAF_TEST(parts are given to a service one by one) {
  service self{"echo", memory_registry(), memory_broker(), net::memory_transport(),
               codec_source{"application/extra", json_codec()}};
  self.handle<echo>({}, std::make_shared<echo_probe>(), &self);
  auto started = self.start();
  CAF_REQUIRE_EQUAL(started ? "" : to_string(started.error()), "");
  CAF_CHECK_EQUAL(say(self, "hello"), "hello");
  call_options how;
  how.content_type = "application/extra";
  how.protocol = "mucp";
  CAF_CHECK_EQUAL(say(self, "extra", how), "extra");
  publisher to{self, "events"};
  CAF_CHECK(to.publish(text("hello")));
}

CAF_TEST(the transport memory has no port and leaves nothing behind) {
  std::string path;
  {
    service self{"echo", memory_registry(), memory_broker(), net::memory_transport()};
    self.handle<echo>({}, std::make_shared<echo_probe>(), &self);
    CAF_REQUIRE(self.start());
    CAF_CHECK_EQUAL(self.address().substr(0, 5), "unix:");
    path = self.address().substr(5);
    CAF_CHECK(std::filesystem::exists(path));
    for (auto* protocol : {"grpc", "mucp"}) {
      call_options how;
      how.protocol = protocol;
      CAF_CHECK_EQUAL(say(self, protocol, how), protocol);
    }
  }
  CAF_CHECK(!std::filesystem::exists(path));
  CAF_CHECK(!std::filesystem::exists(std::filesystem::path{path}.parent_path()));
}

CAF_TEST(the transport memory does not leave its process) {
  service self{"caller", memory_registry(), net::memory_transport()};
  call_options how;
  how.address = "127.0.0.1:1";
  how.retries = 0;
  auto answer = echo_client{self, "echo"}.say(text("x"), how);
  CAF_REQUIRE(!answer);
  CAF_CHECK_EQUAL(answer.error().reason, errc::connection_failed);
  CAF_CHECK(answer.error().detail.find("does not leave this process")
            != std::string::npos);
}
