#define CAF_SUITE plugin_replace

#include "echo_service.hpp"

#include "mica/actors/publisher.hpp"
#include "mica/actors/service.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <dlfcn.h>

using namespace mica;
using namespace mica::test;

namespace {

std::string part(const std::string& kind) {
  return build_path("lib/part-" + kind + ".so");
}

// A service that calls itself, with one plugin and the flag that chooses it.
class world {
public:
  explicit world(const std::string& kind, std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(),
                 {"echo", "--plugin=" + part(kind), "--log_level=error"});
    // Without it, the part of the plugin is chosen.
    if (kind != "registry")
      flags.push_back("--registry=memory");
    if (kind != "broker")
      flags.push_back("--broker=memory");
    if (kind != "codec")
      flags.push_back("--" + kind + "=counted");
    std::vector<char*> argv;
    for (auto& x : flags)
      argv.push_back(x.data());
    self.handle<echo>({}, std::make_shared<echo_probe>(), &self);
    self.init(static_cast<int>(argv.size()), argv.data());
    auto* library = dlopen(part(kind).c_str(), RTLD_NOW | RTLD_NOLOAD);
    CAF_REQUIRE(library != nullptr);
    uses_ = static_cast<std::atomic<int>*>(dlsym(library, "part_uses"));
    CAF_REQUIRE(uses_ != nullptr);
    CAF_CHECK_EQUAL(uses(), 0);
    auto started = self.start();
    CAF_REQUIRE_EQUAL(started ? "" : to_string(started.error()), "");
  }

  std::string say(const std::string& what, call_options options = {}) {
    auto answer = echo_client{self, "echo"}.say(text(what), std::move(options));
    return answer ? answer->text() : to_string(answer.error());
  }

  int uses() const {
    return *uses_;
  }

  service self{"echo", {.address = "127.0.0.1:0"}};

private:
  std::atomic<int>* uses_ = nullptr;
};

} // namespace

CAF_TEST(a plugin replaces the registry) {
  world x{"registry"};
  CAF_CHECK_EQUAL(x.say("hello"), "hello");
  CAF_CHECK_EQUAL(x.uses(), 1);
}

CAF_TEST(a plugin replaces the selector) {
  world x{"selector"};
  CAF_CHECK_EQUAL(x.say("hello"), "hello");
  CAF_CHECK_EQUAL(x.say("again"), "again");
  CAF_CHECK_EQUAL(x.uses(), 2);
}

CAF_TEST(a plugin adds a codec that both sides use) {
  world x{"codec"};
  call_options how;
  how.content_type = "application/counted";
  how.protocol = "mucp";
  CAF_CHECK_EQUAL(x.say("hello", how), "hello");
  CAF_CHECK_EQUAL(x.uses(), 4);
}

CAF_TEST(a plugin replaces both ends of the transport) {
  world x{"transport"};
  CAF_CHECK_EQUAL(x.say("hello"), "hello");
  CAF_CHECK_EQUAL(x.uses(), 2);
}

CAF_TEST(a plugin replaces the broker) {
  world x{"broker"};
  publisher to{x.self, "events"};
  auto done = to.publish(text("hello"));
  CAF_CHECK_EQUAL(done ? "" : to_string(done.error()), "");
  CAF_CHECK_EQUAL(x.uses(), 1);
}

CAF_TEST(a plugin replaces the client) {
  world x{"client"};
  CAF_CHECK_EQUAL(x.uses(), 0);
  CAF_CHECK_EQUAL(x.say("hello"), "hello");
  CAF_CHECK_EQUAL(x.uses(), 1);
}

CAF_TEST(a plugin replaces the server) {
  world x{"server"};
  CAF_CHECK_EQUAL(x.uses(), 1);
  CAF_CHECK_EQUAL(x.say("hello"), "hello");
}
