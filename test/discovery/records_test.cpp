#define CAF_SUITE records

#include "mica/discovery/records.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;

namespace {

// What a Go Micro v2.9.1 service told a real Consul: tags without their `e-`.
const std::string stream_endpoint_hex =
    "789c5ccb4d0ac23014c4f1bbccba78802c75e1013cc183cea290a4f5bd892892bb4b11e2c77286ffef"
    "89"
    "6a8548383b29fae1b8cc0b2638af8d21a4119cd62ade85097a6cbfc7cd726320d59673df6d6c6b0d7e"
    "e1"
    "8b9c563e76ec3f5a289b4db6d3783709f246f4fe0a0000ffff59ee3a2f";
const std::string stream_endpoint_json =
    R"({"name":"Greeter.Bidi","request":{"name":"Context","type":"Context","values":null},)"
    R"("response":{"name":"Stream","type":"Stream","values":null},)"
    R"("metadata":{"stream":"true"}})";
const std::string hello_endpoint_hex =
    "789cec933d4f84401086ffcbd4c4421b43abf123d12b3456972b26e1956c6e99c5dd590db9f0df8dc8"
    "2d"
    "c887b61657119e9d67868197030957a09c6e3da0f06777b0d651461e6f1141294f15ddc9538f33d2a6"
    "5e"
    "a0ef6c2302e5dba43d22042ef1acac18b4099d6b1bf7227b34281e8cc2b30d83bb74746c20d1da364b"
    "5d"
    "aeddc6e995ab6af6a3e113fabb5b3733b1432b56bfd8bdbcbad9b63dfc61ee46ae11bd381face3edca"
    "a4"
    "287b711f7263608bd1dbd9eea211bd5cf7ba4b2a0fea8d940b4f451ea17612308f40cfa71948f81482"
    "7f"
    "1f82f2eb77fffef07f06a18272c1ca941fdaf6330000ffffea876eac";

endpoint greet() {
  return {"Greeter.Hello",
          {"HelloRequest", "HelloRequest", {{"name", "string", {}}}},
          {"HelloResponse", "HelloResponse", {{"greeting", "string", {}}}},
          {}};
}

service_record full_record() {
  return {"greeter",
          "1.2.3",
          {{"team", "a&b"}},
          {greet(), {"Greeter.Tail", {}, {}, {{"stream", "true"}}}},
          {{"greeter-1", "10.0.0.1:80", {{"protocol", "mucp"}}},
           {"greeter-2", "[2001:db8::1]:80", {}}}};
}

service_record parsed(const std::string& json) {
  std::string why;
  auto result = parse_service_record(json, why);
  if (!result)
    CAF_FAIL("refused: " << why);
  return *result;
}

std::string refusal(const std::string& json) {
  std::string why;
  return parse_service_record(json, why) ? "accepted" : why;
}

std::string inflated(const std::string& hex) {
  std::string why;
  auto result = from_hex_zlib(hex, 100'000, why);
  if (!result)
    CAF_FAIL("refused: " << why);
  return *result;
}

std::string inflate_refusal(std::string_view hex, size_t limit = 100'000) {
  std::string why;
  return from_hex_zlib(hex, limit, why) ? "accepted" : why;
}

std::string version_json(const std::string& version) {
  return to_json(service_record{"s", version, {}, {}, {}});
}

} // namespace

CAF_TEST(a record is written with the keys and nulls of Go Micro) {
  CAF_CHECK_EQUAL(
      to_json(full_record()),
      R"({"name":"greeter","version":"1.2.3","metadata":{"team":"a\u0026b"},"endpoints":[)"
      R"({"name":"Greeter.Hello","request":{"name":"HelloRequest","type":"HelloRequest",)"
      R"("values":[{"name":"name","type":"string","values":null}]},)"
      R"("response":{"name":"HelloResponse","type":"HelloResponse",)"
      R"("values":[{"name":"greeting","type":"string","values":null}]},"metadata":{}},)"
      R"({"name":"Greeter.Tail","request":null,"response":null,)"
      R"("metadata":{"stream":"true"}}],"nodes":[)"
      R"({"id":"greeter-1","address":"10.0.0.1:80","metadata":{"protocol":"mucp"}},)"
      R"({"id":"greeter-2","address":"[2001:db8::1]:80","metadata":null}]})");
  CAF_CHECK_EQUAL(
      to_json(service_record{"s", "", {}, {}, {}}),
      R"({"name":"s","version":"","metadata":null,"endpoints":null,"nodes":null})");
}

CAF_TEST(a record survives the way to JSON and back) {
  CAF_CHECK(parsed(to_json(full_record())) == full_record());
}

CAF_TEST(the endpoints of a real service come out byte for byte) {
  CAF_CHECK_EQUAL(inflated(stream_endpoint_hex), stream_endpoint_json);
  for (const auto& hex : {stream_endpoint_hex, hello_endpoint_hex}) {
    auto json = inflated(hex);
    std::string why;
    auto x = parse_endpoint(json, why);
    CAF_REQUIRE(x);
    CAF_CHECK_EQUAL(to_json(*x), json);
  }
}

CAF_TEST(map keys are sorted and keep their bytes) {
  service_record record{"s", "v", {{"b", "2"}, {"A", "1"}, {"a\"", "\\"}}, {}, {}};
  CAF_CHECK_EQUAL(
      to_json(record),
      R"({"name":"s","version":"v","metadata":{"A":"1","a\"":"\\","b":"2"},)"
      R"("endpoints":null,"nodes":null})");
  CAF_CHECK(parsed(to_json(record)) == record);
}

CAF_TEST(text is escaped as Go escapes it) {
  auto version = [](const std::string& text) {
    auto json = version_json(text);
    auto from = json.find("\"version\":\"") + 11;
    return json.substr(from, json.find("\",\"metadata") - from);
  };
  CAF_CHECK_EQUAL(version("<a href='x'>&</a>"),
                  R"(\u003ca href='x'\u003e\u0026\u003c/a\u003e)");
  CAF_CHECK_EQUAL(version("\b\f\n\r\t\x01\x1f\x7f"),
                  "\\b\\f\\n\\r\\t\\u0001\\u001f\x7f");
  CAF_CHECK_EQUAL(version("gr\u00fc\u00dfe \u4f60 \U0001f600"),
                  "gr\u00fc\u00dfe \u4f60 \U0001f600");
  CAF_CHECK_EQUAL(version("\u2028\u2029"), "\\u2028\\u2029");
}

CAF_TEST(bytes that are no UTF-8 become replacement characters) {
  for (const char* broken : {"\x80", "\xff", "\xc0", "\xc1", "\xf5", "\xc3"})
    CAF_CHECK_EQUAL(parsed(version_json(broken)).version, "\ufffd");
  // An overlong slash, a surrogate, a code point above U+10FFFF, a cut sequence.
  for (const char* broken :
       {"\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80", "\xf4\x90\x80"})
    CAF_CHECK_EQUAL(parsed(version_json(broken)).version, "\ufffd\ufffd\ufffd");
  CAF_CHECK_EQUAL(parsed(version_json("a\xe4\xbd"
                                      "b"))
                      .version,
                  "a\ufffd\ufffd"
                  "b");
}

CAF_TEST(keys are read in any case and unknown ones skipped) {
  auto record = parsed(R"({"Name":"s","VERSION":"v","Extra":{"a":[1,2,{"b":null}]},)"
                       R"("Nodes":[{"ID":"n","Address":"h:1","x":true}]})");
  CAF_CHECK(record == (service_record{"s", "v", {}, {}, {{"n", "h:1", {}}}}));
  CAF_CHECK_EQUAL(parsed(R"({"NAME":"wrong","name":"right"})").name, "right");
}

CAF_TEST(null and missing read the same) {
  auto bare = service_record{"s", "", {}, {}, {}};
  CAF_CHECK(parsed(R"({"name":"s"})") == bare);
  CAF_CHECK(parsed(R"({"name":"s","version":null,"metadata":null,"endpoints":null,)"
                   R"("nodes":null})")
            == bare);
  auto record =
      parsed(R"({"name":"s","metadata":{"k":null},"endpoints":[)"
             R"({"name":null,"request":null,"response":null,"metadata":null}]})");
  CAF_CHECK_EQUAL(record.metadata.at("k"), "");
  CAF_CHECK(record.endpoints == std::vector<endpoint>{{}});
}

CAF_TEST(the port that old versions wrote joins the address) {
  auto address = [](const std::string& node) {
    return parsed(R"({"name":"s","nodes":[{"id":"n",)" + node + "}]}").nodes[0].address;
  };
  CAF_CHECK_EQUAL(address(R"("address":"10.0.0.1","port":8080)"), "10.0.0.1:8080");
  CAF_CHECK_EQUAL(address(R"("address":"fe80::1","port":8080)"), "[fe80::1]:8080");
  CAF_CHECK_EQUAL(address(R"("address":"10.0.0.1:81","port":8080)"), "10.0.0.1:81");
  CAF_CHECK_EQUAL(address(R"("address":"[::1]:81","port":8080)"), "[::1]:81");
  CAF_CHECK_EQUAL(address(R"("address":"10.0.0.1:81","port":0)"), "10.0.0.1:81");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","nodes":[{"port":65536}]})"),
                  "nodes[0].port: expected 0..65535");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","nodes":[{"port":-1}]})"),
                  "nodes[0].port: expected 0..65535");
}

CAF_TEST(a wrong record is refused with the place that is wrong) {
  CAF_CHECK_EQUAL(refusal(""), "no JSON from byte 1 on");
  CAF_CHECK_EQUAL(refusal("{\"name\":}"), "no JSON from byte 9 on");
  CAF_CHECK_EQUAL(refusal("{\"name\":\"s\"} x"), "no JSON from byte 14 on");
  CAF_CHECK_EQUAL(refusal("{\"name\":\"s\",\"x\":1e999}"),
                  "no JSON: a number is out of range");
  CAF_CHECK_EQUAL(refusal("[]"), "expected an object, found array");
  CAF_CHECK_EQUAL(refusal("null"), "expected an object, found null");
  CAF_CHECK_EQUAL(refusal("{}"), "name: missing or empty");
  CAF_CHECK_EQUAL(refusal(R"({"name":7})"), "name: expected a string, found number");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","metadata":[]})"),
                  "metadata: expected an object, found array");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","metadata":{"a":1}})"),
                  "metadata: expected strings only, found number");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","nodes":{}})"),
                  "nodes: expected a list, found object");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","nodes":[{},3]})"),
                  "nodes[1]: expected an object, found number");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","nodes":[{"id":"a"},{},{"id":7}]})"),
                  "nodes[2].id: expected a string, found number");
  CAF_CHECK_EQUAL(
      refusal(
          R"({"name":"s","endpoints":[{"request":{"values":[{},{"type":false}]}}]})"),
      "endpoints[0].request.values[1].type: expected a string, found boolean");
}

CAF_TEST(every truncation of a record is refused) {
  auto json = to_json(full_record());
  for (size_t size = 0; size < json.size(); ++size)
    CAF_CHECK_NOT_EQUAL(refusal(json.substr(0, size)), "accepted");
}

CAF_TEST(depth and size are bounded) {
  auto nested = [](size_t depth) {
    return R"({"name":"s","x":)" + std::string(depth - 1, '[')
           + std::string(depth - 1, ']') + "}";
  };
  CAF_CHECK_EQUAL(refusal(nested(64)), "accepted");
  CAF_CHECK_EQUAL(refusal(nested(65)), "nested deeper than 64 levels");
  CAF_CHECK_EQUAL(refusal(R"({"name":"s","x":")" + std::string(500, '[') + "\\\"[\"}"),
                  "accepted");
  CAF_CHECK_EQUAL(refusal(R"({"name":")" + std::string(1'048'576 - 11, 'a') + "\"}"),
                  "accepted");
  CAF_CHECK_EQUAL(refusal(R"({"name":")" + std::string(1'048'576 - 10, 'a') + "\"}"),
                  "longer than 1048576 bytes");
}

CAF_TEST(hex zlib goes there and back) {
  for (const std::string& text :
       {std::string{}, std::string{"latest"}, std::string(70'000, 'x'),
        to_json(full_record()), std::string{"\0\xff", 2}})
    CAF_CHECK_EQUAL(inflated(to_hex_zlib(text)), text);
  CAF_CHECK_EQUAL(to_hex_zlib("latest"), "789ccb492c492d2e010008cc028e");
}

CAF_TEST(what Go deflates is inflated) {
  CAF_CHECK_EQUAL(
      inflated("789caa562a4e2d2a4b2d52b252ca2d4d2e50aa05040000ffff37200607"),
      R"({"server":"mucp"})");
  CAF_CHECK_EQUAL(inflated("789CCA492C492D2E01040000FFFF08CC028E"), "latest");
}

CAF_TEST(broken hex and broken zlib are told apart) {
  CAF_CHECK_EQUAL(inflate_refusal("789"), "broken hex: 3 digits, an odd number");
  CAF_CHECK_EQUAL(inflate_refusal("78g9"), "broken hex: no digit at position 2");
  CAF_CHECK_EQUAL(inflate_refusal(""), "broken zlib: cut short");
  CAF_CHECK_EQUAL(inflate_refusal("789ccb492c492d2e010008cc028f"),
                  "broken zlib at byte 14");
  CAF_CHECK_EQUAL(inflate_refusal("ffff"), "broken zlib at byte 2");
  CAF_CHECK_EQUAL(inflate_refusal("789ccb492c492d2e010008cc028e00"),
                  "broken zlib: 1 bytes follow its end");
  auto whole = std::string_view{"789ccb492c492d2e010008cc028e"};
  for (size_t digits = 2; digits < whole.size(); digits += 2)
    CAF_CHECK_EQUAL(inflate_refusal(whole.substr(0, digits)), "broken zlib: cut short");
}

CAF_TEST(a zlib bomb is stopped at the limit) {
  auto bomb = to_hex_zlib(std::string(10'000'000, '\0'));
  CAF_CHECK_LESS(bomb.size(), 30'000u);
  CAF_CHECK_EQUAL(inflate_refusal(bomb, 65'536), "inflates to more than 65536 bytes");
  auto exact = to_hex_zlib(std::string(65'536, 'x'));
  CAF_CHECK_EQUAL(inflate_refusal(exact, 65'536), "accepted");
  CAF_CHECK_EQUAL(inflate_refusal(exact, 65'535), "inflates to more than 65535 bytes");
}
