#define CAF_SUITE protoc_plugin

#include "support/subprocess.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace mica::test;

namespace fs = std::filesystem;

namespace {

struct fixture {
  fixture() {
    auto pattern = (fs::temp_directory_path() / "mica-protoc-XXXXXX").string();
    CAF_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
  }

  ~fixture() {
    fs::remove_all(folder);
  }

  // Runs protoc on a file of this text, `x.proto`.
  run_result protoc(const std::string& text, const std::string& option = {}) {
    std::ofstream{folder / "x.proto"} << text;
    return run({MICA_PROTOC, "--plugin=protoc-gen-mica=" + program("protoc-gen-mica"),
                "-I" + folder.string(),
                "--mica_out=" + option + (option.empty() ? "" : ":") + folder.string(),
                (folder / "x.proto").string()});
  }

  size_t files() const {
    auto entries = fs::directory_iterator{folder};
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
  }

  fs::path folder;
};

constexpr auto good = "syntax = \"proto3\";\n"
                      "message M { optional string text = 1; }\n"
                      "service S {\n"
                      "  rpc Ask(M) returns (M);\n"
                      "}\n";

} // namespace

CAF_TEST_FIXTURE_SCOPE(plugin_tests, fixture)

  CAF_TEST(protoc runs the plugin and says nothing) {
    auto result = protoc(good);
    CAF_CHECK_EQUAL(result.status, 0);
    CAF_CHECK_EQUAL(result.out + result.err, "");
    for (auto name : {"x.mica.hpp", "x.mica.cpp", "x.mica_actor.hpp"})
      CAF_CHECK(fs::exists(folder / name));
    CAF_CHECK_EQUAL(files(), 4u);
  }

  CAF_TEST(a clash ends protoc with the place and leaves no file) {
    auto result = protoc("syntax = \"proto3\";\n"
                         "message M {}\n"
                         "service S {\n"
                         "  rpc Chat(M) returns (M);\n"
                         "  rpc chat(M) returns (M);\n"
                         "}\n");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(result.err,
                    "--mica_out: x.proto:5:3: S.chat: clashes with S.Chat, both are "
                    "chat in C++; rename one of them\n");
    CAF_CHECK_EQUAL(files(), 1u);
  }

  CAF_TEST(an option ends protoc) {
    auto result = protoc(good, "opt=fast");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK_EQUAL(result.err,
                    "--mica_out: unknown option \"opt=fast\": protoc-gen-mica "
                    "takes none; write --mica_out=DIR\n");
    CAF_CHECK_EQUAL(files(), 1u);
  }

  CAF_TEST(a file that is no proto file is refused by protoc) {
    auto result = protoc("service S { rpc");
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(result.err.find("x.proto:1:") != std::string::npos);
    CAF_CHECK_EQUAL(files(), 1u);
  }

  CAF_TEST(run by hand the plugin explains itself) {
    auto help = run({program("protoc-gen-mica"), "--help"});
    CAF_CHECK_EQUAL(help.status, 0);
    CAF_CHECK(help.out.find("--mica_out=DIR") != std::string::npos);
    auto version = run({program("protoc-gen-mica"), "--version"});
    CAF_CHECK_EQUAL(version.status, 0);
    CAF_CHECK_EQUAL(version.out.substr(0, 16), "protoc-gen-mica ");
    auto wrong = run({program("protoc-gen-mica"), "x.proto"});
    CAF_CHECK_EQUAL(wrong.status, 1);
    CAF_CHECK_EQUAL(wrong.err,
                    "protoc-gen-mica: unknown argument \"x.proto\"; it takes "
                    "its input from protoc (see --help)\n");
  }

  CAF_TEST(garbage instead of a request ends the plugin with an error) {
    std::ofstream{folder / "garbage"} << std::string(100, '\xff');
    auto result = run({"sh", "-c", "exec \"$0\" < \"$1\"", program("protoc-gen-mica"),
                       (folder / "garbage").string()});
    CAF_CHECK_EQUAL(result.status, 1);
    CAF_CHECK(!result.err.empty());
    CAF_CHECK_EQUAL(result.out, "");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
