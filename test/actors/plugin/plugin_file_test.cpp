#define CAF_SUITE plugin_file

#include "plugin/plugin_file.hpp"
#include "runtime/settings.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace mica;
using namespace mica::detail;
using mica::test::build_path;
using mica::test::source_path;

namespace {

std::string part(const std::string& name) {
  return build_path("lib/part-" + name + ".so");
}

// What is wrong with a file, behind its name.
std::string refusal(const std::string& file, errc reason) {
  extensions to;
  auto loaded = load_plugin(file, to);
  CAF_REQUIRE(!loaded);
  CAF_CHECK_EQUAL(loaded.error().reason, reason);
  auto front = "plugin " + file + ": ";
  const auto& text = loaded.error().detail;
  CAF_CHECK_EQUAL(text.substr(0, front.size()), front);
  return text.substr(std::min(front.size(), text.size()));
}

bool contains(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

flags_outcome parse(settings& to, std::vector<std::string> flags) {
  std::vector<const char*> argv{"greeter"};
  for (const auto& x : flags)
    argv.push_back(x.c_str());
  to.name = "greeter";
  return parse_flags(to, static_cast<int>(argv.size()), argv.data());
}

} // namespace

CAF_TEST(a plugin says its kind and brings a row with its name) {
  extensions to;
  for (std::string kind :
       {"registry", "selector", "transport", "broker", "client", "server"}) {
    auto loaded = load_plugin(part(kind), to);
    CAF_CHECK_EQUAL(loaded ? *loaded : to_string(loaded.error()), kind + " counted");
  }
  auto codec = load_plugin(part("codec"), to);
  CAF_CHECK_EQUAL(codec ? *codec : to_string(codec.error()),
                  "codec application/counted");
  CAF_CHECK(to.registries.find("counted") != nullptr);
  CAF_CHECK(to.servers.find("counted") != nullptr);
  CAF_CHECK(to.servers.find("other") == nullptr);
}

CAF_TEST(a file that is not there is refused) {
  CAF_CHECK_EQUAL(refusal("/nowhere/x.so", errc::not_found),
                  "No such file or directory");
}

CAF_TEST(a name without a slash is a file and not one of the linkers path) {
  CAF_CHECK_EQUAL(refusal("libc.so.6", errc::not_found), "No such file or directory");
}

CAF_TEST(a folder and a text are no plugins) {
  CAF_CHECK_EQUAL(refusal(source_path("docs"), errc::invalid_argument), "not a file");
  auto text = refusal(source_path("README.md"), errc::invalid_argument);
  CAF_CHECK(contains(text, "can't be loaded: "));
}

CAF_TEST(a shared object without the symbol is no plugin) {
  CAF_CHECK_EQUAL(refusal(build_path("lib/no-symbol.so"), errc::invalid_argument),
                  "no plugin of mica: it has no symbol mica_plugin");
}

CAF_TEST(another symbol of that name is no plugin) {
  CAF_CHECK_EQUAL(refusal(build_path("lib/no-magic.so"), errc::invalid_argument),
                  "no plugin of mica: its symbol mica_plugin is something else");
}

CAF_TEST(a plugin of another version is refused with both versions) {
  CAF_CHECK_EQUAL(refusal(build_path("lib/old.so"), errc::conflict),
                  "made for mica 0.0.7, this is " MICA_VERSION_TEXT "; build it again");
}

CAF_TEST(each field of the handshake is looked at) {
  auto good = plugin{static_cast<registry_source (*)()>(nullptr)}.handshake;
  CAF_CHECK(!check_handshake(good, "x.so"));
  auto layout = good;
  ++layout.layout;
  CAF_CHECK(contains(check_handshake(layout, "x.so").detail, "plugin layout 2"));
  auto caf = good;
  ++caf.caf_version;
  CAF_CHECK(contains(check_handshake(caf, "x.so").detail, "made for CAF"));
  auto abi = good;
  abi.abi = "libstdc++ 99";
  CAF_CHECK(contains(check_handshake(abi, "x.so").detail, "the ABI libstdc++ 99"));
  auto kind = good;
  kind.kind = static_cast<plugin_kind>(99);
  CAF_CHECK(contains(check_handshake(kind, "x.so").detail, "kind 99 is unknown"));
  auto empty = good;
  empty.mica_version = nullptr;
  CAF_CHECK(contains(check_handshake(empty, "x.so").detail, "not filled in"));
}

CAF_TEST(a name that is taken is refused) {
  extensions to;
  CAF_REQUIRE(load_plugin(part("registry"), to));
  auto twice = load_plugin(part("registry"), to);
  CAF_REQUIRE(!twice);
  CAF_CHECK(contains(twice.error().detail, "there is a registry counted already"));
  CAF_CHECK_EQUAL(refusal(part("taken"), errc::conflict),
                  "the registry memory is part of mica; the plugin needs another name");
}

CAF_TEST(a plugin that throws is refused with its words) {
  CAF_CHECK_EQUAL(refusal(part("throwing"), errc::internal),
                  "its function throws: out of luck");
  CAF_CHECK_EQUAL(refusal(part("throwing_int"), errc::internal),
                  "its function throws what is no std::exception");
}

CAF_TEST(a plugin of another kind does not count for a flag) {
  settings to;
  auto outcome = parse(to, {"--plugin=" + part("broker"), "--registry=counted"});
  CAF_CHECK(outcome.what == flags_outcome::action::refuse);
  CAF_CHECK(contains(outcome.text, "Registry counted not found"));
  CAF_CHECK(contains(outcome.text, "; a plugin brings the broker counted"));
  settings known;
  outcome = parse(known, {"--plugin=" + part("broker"), "--broker=counted"});
  CAF_CHECK(outcome.what == flags_outcome::action::go_on);
}

CAF_TEST(plugins come by environment too and several at once) {
  setenv("MICRO_PLUGIN", (part("broker") + "," + part("registry")).c_str(), 1);
  settings to;
  auto outcome = parse(to, {"--registry=counted", "--broker=counted"});
  unsetenv("MICRO_PLUGIN");
  CAF_CHECK_EQUAL(outcome.text, "");
  settings both;
  outcome = parse(both, {"--plugin=" + part("broker"), "--plugin", part("registry"),
                         "--registry=counted", "--broker=counted"});
  CAF_CHECK_EQUAL(outcome.text, "");
}

CAF_TEST(a bad plugin ends the program with one line) {
  settings to;
  auto outcome = parse(to, {"--plugin=/nowhere/x.so"});
  CAF_CHECK(outcome.what == flags_outcome::action::refuse);
  CAF_CHECK_EQUAL(outcome.text, "plugin /nowhere/x.so: No such file or directory; "
                                "--help lists the flags");
}
