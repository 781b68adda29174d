#define CAF_SUITE gossip_registry

#include "contract/registry_worlds.hpp"

#include "mica/discovery/registries.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <mutex>

using namespace mica;
using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

/// Lines that come from any thread.
class line_list {
public:
  std::function<void(const std::string&)> taker() {
    return [this](const std::string& line) {
      std::lock_guard guard{mutex_};
      lines_.push_back(line);
    };
  }

  std::vector<std::string> get() const {
    std::lock_guard guard{mutex_};
    return lines_;
  }

  bool has(const std::string& line) const {
    auto lines = get();
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

struct world : test::real_registry_world {
  world() : real_registry_world({.name = "gossip", .settle = 10s}) {
    first = spawn("first", {});
    use(first);
  }

  ~world() override {
    // Before the lists that it writes to.
    end_registries();
  }

  registry_actor spawn(const std::string& name, std::vector<std::string> seeds) {
    gossip_options options;
    options.address = "127.0.0.1:0";
    options.name = name;
    options.addresses = std::move(seeds);
    options.notice = (name == "first" ? notices : notices_of_second).taker();
    if (name == "first")
      options.report = reports.taker();
    auto result = spawn_gossip_registry(system(), options);
    if (!result)
      throw std::runtime_error(to_string(from_caf(result.error())));
    return std::move(*result);
  }

  line_list notices, notices_of_second, reports;
  registry_actor first;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(gossip_registry_tests, world)

  CAF_TEST(members that come and go are noticed and are no trouble) {
    auto listening = notices.get();
    CAF_REQUIRE_EQUAL(listening.size(), 1u);
    std::string prefix = "gossip: listening on ";
    CAF_REQUIRE_EQUAL(listening[0].substr(0, prefix.size()), prefix);
    auto second = spawn("second", {listening[0].substr(prefix.size())});
    CAF_CHECK(eventually([&] { return notices.has("gossip: second joined"); },
                         caf::timespan{0}));
    // Who leaves tells those whom it knows.
    CAF_CHECK(eventually([&] { return notices_of_second.has("gossip: first joined"); },
                         caf::timespan{0}));
    caf::anon_send_exit(second, caf::exit_reason::user_shutdown);
    CAF_CHECK(eventually([&] { return notices.has("gossip: second left"); },
                         caf::timespan{0}));
    CAF_CHECK_EQUAL(reports.get().size(), 0u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
