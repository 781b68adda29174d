#define CAF_SUITE consul.tags

#include "consul/tags.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::consul;

namespace {

using strings = std::vector<std::string>;

tag_contents decode(const strings& tags) {
  return decode_tags(tags);
}

std::string packed(char kind, std::string_view text) {
  return std::string{kind, '-'} + to_hex_zlib(text);
}

const std::string good_label = packed('t', R"({"broker":"http"})");
const std::string good_endpoint =
    packed('e', R"({"name":"Greeter.Hello","request":null,)"
                R"("response":null,"metadata":null})");
const std::string good_version = packed('v', "1.2.3");

/// The good tags with `bad` before, among and after them: nothing but `bad` may be
/// lost.
void check_loses_only_itself(const std::string& bad) {
  CAF_MESSAGE("the bad tag is " << bad.substr(0, 60));
  auto result = decode({bad, good_label, good_endpoint, bad, good_version, bad});
  CAF_CHECK(result.metadata == (labels{{"broker", "http"}}));
  CAF_CHECK_EQUAL(result.endpoints.size(), 1u);
  CAF_CHECK_EQUAL(result.version, "1.2.3");
  // A tag of another form than the one in use is not even looked at.
  auto looked_at = bad[1] == '-' ? 3u : bad[0] == 'v' ? 2u : 1u;
  CAF_CHECK_EQUAL(result.ignored.count(), looked_at);
}

} // namespace

CAF_TEST(what was encoded is decoded) {
  mica::endpoint hello{"Greeter.Hello",
                       {"HelloRequest", "HelloRequest", {{"name", "string", {}}}},
                       {"HelloResponse", "HelloResponse", {}},
                       {{"description", "says <hello> & more"}}};
  node x{"greeter-1", "h:1", {{"a", "1"}, {"quote", "\"\\\n"}, {"", ""}}};
  service_record service{"greeter", "2.0-beta+\xc3\xbc", {}, {hello}, {x}};
  auto tags = encode_tags(service, x);
  CAF_CHECK_EQUAL(tags.size(), 5u);
  auto result = decode(tags);
  CAF_CHECK(result.ignored.empty());
  CAF_CHECK(result.metadata == x.metadata);
  CAF_CHECK(result.endpoints == service.endpoints);
  CAF_CHECK_EQUAL(result.version, service.version);
}

CAF_TEST(an empty version is a version) {
  node x{"greeter-1", "h:1", {}};
  auto tags = encode_tags({"greeter", "", {}, {}, {x}}, x);
  CAF_REQUIRE_EQUAL(tags.size(), 1u);
  auto result = decode(tags);
  CAF_CHECK(result.ignored.empty());
  CAF_CHECK_EQUAL(result.version, "");
}

CAF_TEST(the old plain forms are read) {
  auto result = decode({R"(t={"protocol":"mucp"})", R"(t={"server":"rpc"})",
                        R"(e={"name":"Greeter.Hello"})", "v=1.0"});
  CAF_CHECK(result.ignored.empty());
  CAF_CHECK(result.metadata == (labels{{"protocol", "mucp"}, {"server", "rpc"}}));
  CAF_REQUIRE_EQUAL(result.endpoints.size(), 1u);
  CAF_CHECK_EQUAL(result.endpoints[0].name, "Greeter.Hello");
  CAF_CHECK_EQUAL(result.version, "1.0");
}

CAF_TEST(of two forms of one kind the first counts) {
  auto result = decode({R"(t={"form":"old"})", packed('t', R"({"form":"new"})"),
                        good_endpoint, R"(e={"name":"Old"})", "v=old", good_version});
  CAF_CHECK(result.ignored.empty());
  CAF_CHECK(result.metadata == (labels{{"form", "old"}}));
  CAF_REQUIRE_EQUAL(result.endpoints.size(), 1u);
  CAF_CHECK_EQUAL(result.endpoints[0].name, "Greeter.Hello");
  CAF_CHECK_EQUAL(result.version, "old");
}

CAF_TEST(tags of strangers are left alone) {
  auto result =
      decode({"traefik.enable=true", "env", "t", "e", "v", "", "v1", "edge", "tcp:80",
              "T-789c", good_label, good_endpoint, good_version, "primary", "vault"});
  CAF_CHECK(result.ignored.empty());
  CAF_CHECK(result.metadata == (labels{{"broker", "http"}}));
  CAF_CHECK_EQUAL(result.endpoints.size(), 1u);
  CAF_CHECK_EQUAL(result.version, "1.2.3");
}

CAF_TEST(a broken tag loses itself and nothing else) {
  for (const auto& bad : strings{
           "t-", "t-zz", "t-789", "t-00", "t-789c", "t-789cffffffff", "e-shirt",
           "v-neck",
           // Truncated zlib, and a wrong checksum.
           good_label.substr(0, good_label.size() - 10),
           good_label.substr(0, good_label.size() - 2) + "ff",
           // Good zlib with something else in it.
           packed('t', ""), packed('t', "{"), packed('t', "[]"), packed('t', "null"),
           packed('t', R"({"a":1})"), packed('t', R"({"a":{"b":"c"}})"),
           packed('t', "{\"a\":\"\xff\"}"), packed('e', "7"), packed('e', "\"text\""),
           packed('e', R"({"name":7})"), packed('e', R"({"name":"x","request":[]})"),
           packed('e', std::string(5'000, '[')), "t={", "e=", "e={\"name\":}"})
    check_loses_only_itself(bad);
}

CAF_TEST(a tag that inflates without end is cut off) {
  for (char kind : {'t', 'e', 'v'})
    check_loses_only_itself(packed(kind, std::string(4'000'000, 'x')));
  check_loses_only_itself("v=" + std::string(2'000, 'x'));
}

CAF_TEST(a broken tag does not choose the form) {
  auto result = decode({"e=foreign", "t=true", good_endpoint, good_label});
  CAF_CHECK_EQUAL(result.endpoints.size(), 1u);
  CAF_CHECK(result.metadata == (labels{{"broker", "http"}}));
  CAF_CHECK_EQUAL(result.ignored.count(), 2u);
}

CAF_TEST(what was ignored is told in bounded form) {
  strings tags;
  for (int i = 0; i < 10'000; ++i)
    tags.push_back("t-" + std::string(1'000, 'z'));
  auto result = decode(tags);
  CAF_CHECK_EQUAL(result.ignored.count(), 10'000u);
  auto text = result.ignored.text();
  CAF_CHECK_LESS(text.size(), 700u);
  CAF_CHECK(text.starts_with("tag t-zzz"));
  CAF_CHECK(text.ends_with("; and 9997 more"));
}

CAF_TEST(a reason is cut between characters) {
  ignored_input ignored;
  ignored.add(std::string(199, 'x') + "\xc3\xbc" + "tail");
  CAF_CHECK_EQUAL(ignored.text(), std::string(199, 'x') + "...");
}
