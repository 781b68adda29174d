#define CAF_SUITE static_registry

#include "contract/registry_worlds.hpp"

#include "mica/discovery/static_nodes.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>

using namespace mica;
using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

struct world : test::real_registry_world {
  world() : real_registry_world({.name = "static", .settle = 20s}) {
    auto dir = (std::filesystem::temp_directory_path() / "mica-static.XXXXXX").string();
    CAF_REQUIRE(mkdtemp(dir.data()) != nullptr);
    folder = dir;
    file = folder + "/services";
  }

  ~world() override {
    // Before the lines that it writes to.
    end_registries();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  /// Replaces the file at once, as an editor does.
  void write(const std::string& text) const {
    std::ofstream{file + ".new"} << text;
    std::filesystem::rename(file + ".new", file);
  }

  caf::expected<registry_actor> spawn(std::vector<std::string> nodes) {
    static_options options;
    options.nodes = std::move(nodes);
    options.file = file;
    options.poll = 5ms;
    options.report = [lines = lines](const std::string& line) {
      std::lock_guard guard{lines->mtx};
      lines->all += line + '\n';
    };
    return spawn_static_registry(system(), std::move(options));
  }

  void start(std::vector<std::string> nodes = {}) {
    auto made = spawn(std::move(nodes));
    if (!made)
      CAF_FAIL(to_string(from_caf(made.error())));
    use(std::move(*made));
  }

  std::string found(const std::string& service) {
    auto result = look_up(service);
    if (!result)
      return std::string{to_string(result.error().reason)};
    return shown(*result);
  }

  static std::string shown(const snapshot& x) {
    std::string result;
    for (const auto& version : x.versions)
      for (const auto& node : version.nodes)
        result += node.address + ' ';
    return result;
  }

  bool soon(const std::function<bool()>& holds) {
    return eventually(holds, caf::timespan{0});
  }

  bool reported(const std::string& part) {
    return soon([&] {
      std::lock_guard guard{lines->mtx};
      return lines->all.find(part) != std::string::npos;
    });
  }

  struct shared_lines {
    std::mutex mtx;
    std::string all;
  };

  std::shared_ptr<shared_lines> lines = std::make_shared<shared_lines>();
  std::string folder, file;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(static_registry_tests, world)

  CAF_TEST(nodes of flag and file are found together) {
    write("greeter 10.0.0.2:1\n");
    start({"greeter=10.0.0.1:1", "echo=10.0.0.3:1"});
    CAF_CHECK_EQUAL(found("greeter"), "10.0.0.1:1 10.0.0.2:1 ");
    CAF_CHECK_EQUAL(found("echo"), "10.0.0.3:1 ");
    CAF_CHECK_EQUAL(found("nobody"), "service_not_found");
  }

  CAF_TEST(a file that is replaced reaches lookups and watchers) {
    write("greeter 10.0.0.1:1\necho 10.0.0.9:1\n");
    start({"greeter=10.0.0.8:1"});
    auto watcher = watch("greeter");
    write("greeter 10.0.0.2:1\n");
    CAF_CHECK(soon([&] { return found("greeter") == "10.0.0.2:1 10.0.0.8:1 "; }));
    CAF_CHECK(soon([&] { return shown(watcher.last()) == "10.0.0.2:1 10.0.0.8:1 "; }));
    CAF_CHECK(soon([&] { return found("echo") == "service_not_found"; }));
    // What is replaced is never missing on the way.
    for (const auto& x : watcher.taken())
      CAF_CHECK_NOT_EQUAL(x.versions.size(), 0u);
  }

  CAF_TEST(a file that is broken or gone is said once and changes nothing) {
    write("greeter 10.0.0.1:1\n");
    start();
    write("greeter\n");
    CAF_CHECK(reported("services:1: write a service and its address"));
    std::filesystem::remove(file);
    CAF_CHECK(reported("can't read " + file));
    CAF_CHECK_EQUAL(found("greeter"), "10.0.0.1:1 ");
    write("greeter 10.0.0.2:1\n");
    CAF_CHECK(soon([&] { return found("greeter") == "10.0.0.2:1 "; }));
    std::lock_guard guard{lines->mtx};
    CAF_CHECK_EQUAL(std::count(lines->all.begin(), lines->all.end(), '\n'), 2);
  }

  CAF_TEST(a list that can not be used is refused at the start) {
    auto refusal = [&](std::vector<std::string> nodes) {
      auto made = spawn(std::move(nodes));
      CAF_REQUIRE(!made);
      return from_caf(made.error());
    };
    auto missing = refusal({});
    CAF_CHECK(missing.reason == errc::unavailable);
    CAF_CHECK_NOT_EQUAL(missing.detail.find(file), std::string::npos);
    file = folder;
    CAF_CHECK(refusal({}).reason == errc::unavailable);
    file = {};
    auto nothing = refusal({});
    CAF_CHECK(nothing.reason == errc::invalid_argument);
    CAF_CHECK_NOT_EQUAL(nothing.detail.find("--static_file"), std::string::npos);
    CAF_CHECK(refusal({"greeter"}).reason == errc::invalid_argument);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
