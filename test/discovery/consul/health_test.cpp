#define CAF_SUITE consul.health

#include "consul/health.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::consul;

using mica::errc;

namespace {

/// An entry as Consul writes it, but for fields that nobody reads.
std::string entry(const std::string& id, const std::string& tags,
                  const std::string& status = "passing",
                  const std::string& address = R"("Address":"10.0.0.1","Port":80)") {
  return R"({"Node":{"Node":"test","Address":"192.168.0.9"},"Service":{"ID":")" + id
         + R"(","Service":"greeter","Tags":[)" + tags + "]," + address
         + R"(},"Checks":[{"CheckID":"serfHealth","Status":"passing"},)"
         + R"({"CheckID":"service:)" + id + R"(","Status":")" + status + R"("}]})";
}

std::string version_tag(const std::string& version) {
  return "\"v-" + to_hex_zlib(version) + '"';
}

health parse(const std::string& body) {
  auto result = parse_health("greeter", body);
  if (!result)
    CAF_FAIL(result.error().detail);
  return std::move(*result);
}

/// Ids by version, e.g. `1:a,b 2:c`.
std::string shape(const snapshot& x) {
  std::string out;
  for (const auto& version : x.versions) {
    out += out.empty() ? "" : " ";
    out += version.version + ":";
    for (const auto& n : version.nodes)
      out += (&n == &version.nodes.front() ? "" : ",") + n.id;
  }
  return out;
}

} // namespace

CAF_TEST(nodes are grouped by version and sorted) {
  auto found =
      parse("[" + entry("c", version_tag("2")) + "," + entry("b", version_tag("1"))
            + "," + entry("a", version_tag("1")) + "," + entry("d", "") + "]");
  CAF_CHECK(found.ignored.empty());
  CAF_CHECK_EQUAL(found.found.service, "greeter");
  CAF_CHECK_EQUAL(shape(found.found), ":d 1:a,b 2:c");
  CAF_CHECK_EQUAL(found.found.versions[1].name, "greeter");
  CAF_CHECK_EQUAL(found.found.versions[1].nodes[0].address, "10.0.0.1:80");
}

CAF_TEST(critical nodes are dropped and others are not) {
  auto found = parse("[" + entry("a", "", "critical") + "," + entry("b", "", "warning")
                     + "," + entry("c", "", "passing") + "]");
  CAF_CHECK_EQUAL(shape(found.found), ":b,c");
}

CAF_TEST(what lookups leave out is there for those who look for reasons) {
  auto body = "[" + entry("b", "", "critical") + "," + entry("a", "", "passing") + ","
              + entry("c", "", "critical", R"("Port":70000)") + ",{},7]";
  auto all = parse_checks("greeter", body);
  CAF_REQUIRE(all);
  CAF_CHECK_EQUAL(all->size(), 2u);
  CAF_CHECK((*all)[0] == (checked_node{"a", "10.0.0.1:80", ""}));
  CAF_CHECK((*all)[1] == (checked_node{"b", "10.0.0.1:80", "critical"}));
  // Consul's word, if it says one, but not more than fits a line.
  auto told = R"([{"Service":{"ID":"a","Service":"greeter","Address":"h","Port":1},)"
              R"("Checks":[{"Status":"critical","Output":")"
              + std::string(1'000, 'x') + R"("}]}])";
  all = parse_checks("greeter", told);
  CAF_REQUIRE(all);
  CAF_CHECK_EQUAL(all->at(0).trouble, std::string(max_trouble, 'x'));
  CAF_CHECK(!parse_checks("greeter", "{}"));
  CAF_CHECK(!parse_checks("greeter", ""));
}

CAF_TEST(an empty list and null mean no node) {
  CAF_CHECK_EQUAL(shape(parse("[]").found), "");
  CAF_CHECK_EQUAL(shape(parse("null").found), "");
}

CAF_TEST(a service of another name is not ours) {
  auto result = parse_health("Greeter", "[" + entry("a", "") + "]");
  CAF_REQUIRE(result);
  CAF_CHECK_EQUAL(shape(result->found), "");
}

CAF_TEST(without an address that of the host is taken) {
  auto found =
      parse("[" + entry("a", "", "passing", R"("Address":"","Port":80)") + "]");
  CAF_REQUIRE_EQUAL(shape(found.found), ":a");
  CAF_CHECK_EQUAL(found.found.versions[0].nodes[0].address, "192.168.0.9:80");
}

CAF_TEST(an IPv6 address gets brackets and port 0 is left out) {
  auto found =
      parse("[" + entry("a", "", "passing", R"("Address":"::1","Port":80)") + ","
            + entry("b", "", "passing", R"("Address":"queue","Port":0)") + "]");
  CAF_REQUIRE_EQUAL(shape(found.found), ":a,b");
  CAF_CHECK_EQUAL(found.found.versions[0].nodes[0].address, "[::1]:80");
  CAF_CHECK_EQUAL(found.found.versions[0].nodes[1].address, "queue");
}

CAF_TEST(an id at two agents is one node) {
  auto found =
      parse("[" + entry("a", "", "critical") + "," + entry("a", "") + ","
            + entry("a", "", "passing", R"("Address":"10.0.0.2","Port":1)") + "]");
  CAF_REQUIRE_EQUAL(shape(found.found), ":a");
  CAF_CHECK_EQUAL(found.found.versions[0].nodes[0].address, "10.0.0.1:80");
}

CAF_TEST(an entry that makes no sense loses itself and nothing else) {
  for (const std::string bad :
       {R"(null)", R"(7)", R"("text")", R"([])", R"({})", R"({"Service":null})",
        R"({"Service":[]})", R"({"Service":{"Service":"greeter"}})",
        R"({"Service":{"Service":"greeter","ID":""}})",
        R"({"Service":{"Service":"greeter","ID":7}})",
        R"({"Service":{"Service":"greeter","ID":"x"}})",
        R"({"Service":{"Service":"greeter","ID":"x","Address":[]},"Node":7})",
        R"({"Service":{"Service":"greeter","ID":"x","Address":"h","Port":65536}})",
        R"({"Service":{"Service":"greeter","ID":"x","Address":"h","Port":-1}})",
        R"({"Service":{"Service":"greeter","ID":"x","Address":"h","Port":1.5}})",
        R"({"Service":{"Service":"greeter","ID":"x","Address":"h","Port":"80"}})"}) {
    auto found = parse("[" + bad + "," + entry("a", "") + "," + bad + "]");
    CAF_CHECK_EQUAL(shape(found.found), ":a");
    CAF_CHECK_EQUAL(found.ignored.count(), 2u);
  }
}

CAF_TEST(tags that make no sense leave the node) {
  for (const char* tags : {"7", "null", "[]", "\"t-zz\""}) {
    auto found = parse("[" + entry("a", tags) + "]");
    CAF_CHECK_EQUAL(shape(found.found), ":a");
    CAF_CHECK_EQUAL(found.ignored.count(), 1u);
    CAF_CHECK(found.ignored.text().starts_with("node a: "));
  }
  auto odd = entry("a", "");
  odd.replace(odd.find("\"Tags\":[]"), 9, "\"Tags\":7");
  auto found = parse("[" + odd + "]");
  CAF_CHECK_EQUAL(shape(found.found), ":a");
  CAF_CHECK_EQUAL(found.ignored.count(), 1u);
}

CAF_TEST(odd checks count as not critical) {
  for (const char* checks :
       {"null", "7", "[]", "[null]", "[{}]", R"([{"Status":7}])"}) {
    auto found = parse(R"([{"Service":{"Service":"greeter","ID":"a","Address":"h"},)"
                       R"("Checks":)"
                       + std::string{checks} + "}]");
    CAF_CHECK_EQUAL(shape(found.found), ":a");
  }
}

CAF_TEST(an answer that is no list is refused) {
  auto whole = "[" + entry("a", version_tag("1")) + "]";
  for (const auto& bad :
       {std::string{}, std::string{"{}"}, std::string{"7"}, std::string{"true"},
        std::string{"\"[]\""}, std::string{"[,]"}, std::string{"[] []"},
        std::string{"<html>"}, std::string(1'000'000, '['), std::string("[\"\xff\"]"),
        whole.substr(0, whole.size() - 1), whole.substr(0, whole.size() / 2)}) {
    auto result = parse_health("greeter", bad);
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == errc::protocol_error);
    CAF_CHECK_LESS(result.error().detail.size(), 200u);
  }
}

CAF_TEST(an answer cut anywhere is refused and never half taken) {
  auto whole = "[" + entry("a", version_tag("1")) + "," + entry("b", "") + "]";
  for (size_t size = 0; size < whole.size(); ++size)
    CAF_CHECK(!parse_health("greeter", whole.substr(0, size)));
}

CAF_TEST(brackets inside texts are no nesting) {
  auto found =
      parse("[" + entry("a", '"' + std::string(1'000, '[') + "\\\"{{\"") + "]");
  CAF_CHECK_EQUAL(shape(found.found), ":a");
}

CAF_TEST(the catalog lists names and versions) {
  auto result = parse_catalog(R"({"consul":[],"greeter":["t-789c",)" + version_tag("2")
                              + "," + version_tag("1") + "," + version_tag("1")
                              + R"(,"traefik"],"old":["v=1.0"],"none":null})");
  CAF_REQUIRE(result);
  std::string shown;
  for (const auto& x : result->services)
    shown += x.name + "/" + x.version + " ";
  CAF_CHECK_EQUAL(shown, "consul/ greeter/1 greeter/2 none/ old/1.0 ");
  CAF_CHECK(result->ignored.empty());
}

CAF_TEST(a catalog with odd tags keeps its names) {
  auto result = parse_catalog(R"({"a":7,"b":[7],"c":["v-zz"]})");
  CAF_REQUIRE(result);
  CAF_CHECK_EQUAL(result->services.size(), 3u);
  CAF_CHECK_EQUAL(result->ignored.count(), 3u);
}

CAF_TEST(a catalog that is no object is refused) {
  for (const char* bad : {"", "[]", "7", "{\"a\":[}", "{"}) {
    auto result = parse_catalog(bad);
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == errc::protocol_error);
  }
}

CAF_TEST(an index goes on and starts over when it went backwards) {
  struct {
    uint64_t before;
    std::optional<std::string_view> header;
    uint64_t index;
    bool usable;
  } table[] = {
      {0, "7", 7, true},
      {7, "7", 7, true},
      {7, "8", 8, true},
      {7, "6", 0, true},
      {0, "18446744073709551615", 18446744073709551615u, true},
      {7, "0", 0, false},
      {7, std::nullopt, 0, false},
      {7, "", 0, false},
      {7, "-8", 0, false},
      {7, "8x", 0, false},
      {7, "18446744073709551616", 0, false},
  };
  for (const auto& [before, header, index, usable] : table) {
    auto next = next_index(before, header);
    CAF_CHECK_EQUAL(next.index, index);
    CAF_CHECK_EQUAL(next.usable, usable);
  }
}
