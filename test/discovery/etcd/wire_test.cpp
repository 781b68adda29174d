#define CAF_SUITE etcd.wire

#include "etcd/base64.hpp"
#include "etcd/wire.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace mica::discovery::etcd;
using namespace std::chrono_literals;

using mica::errc;
using names = std::vector<std::string>;

namespace {

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::string kv(const std::string& key, const std::string& value) {
  return R"({"key":")" + base64(key) + R"(","value":")" + base64(value) + R"("})";
}

std::string record(const std::string& name, const std::string& version,
                   const std::string& id) {
  service_record x{name, version, {}, {}, {{id, "127.0.0.1:1", {}}}};
  return to_json(x);
}

http_answer answer(int status, std::string body) {
  http_answer result;
  result.status = status;
  result.body = std::move(body);
  return result;
}

} // namespace

CAF_TEST(base64 is the standard one and comes back) {
  CAF_CHECK_EQUAL(base64(""), "");
  CAF_CHECK_EQUAL(base64("f"), "Zg==");
  CAF_CHECK_EQUAL(base64("fo"), "Zm8=");
  CAF_CHECK_EQUAL(base64("foobar"), "Zm9vYmFy");
  for (std::string text : {"", "f", "fo", "foo", "foob"}) {
    auto back = parse_base64(base64(text));
    CAF_REQUIRE(back);
    CAF_CHECK_EQUAL(*back, text);
  }
  for (auto bad : {"Zg", "Zg=", "Z===", "!!!!", "Zm 8", "\nZg=", "Zm9v\n"})
    CAF_CHECK(!parse_base64(bad));
}

CAF_TEST(keys are those of Go Micro) {
  CAF_CHECK_EQUAL(node_key("greeter", "greeter-1"),
                  "/micro/registry/greeter/greeter-1");
  CAF_CHECK_EQUAL(node_key("a/b", "c/d"), "/micro/registry/a-b/c-d");
  CAF_CHECK_EQUAL(service_part("/micro/registry/a-b/c-d"), "a-b");
  for (auto other : {"/micro/registry/", "/micro/registry/a", "/other/a/b", ""})
    CAF_CHECK_EQUAL(service_part(other), "");
}

CAF_TEST(a lease is granted for whole seconds and never for less than asked) {
  CAF_CHECK_EQUAL(grant_request(60s).body, R"({"TTL":"60"})");
  CAF_CHECK_EQUAL(grant_request(1500ms).body, R"({"TTL":"2"})");
  CAF_CHECK_EQUAL(grant_request(1ns).body, R"({"TTL":"1"})");
}

CAF_TEST(a range ends before what has another prefix) {
  CAF_CHECK_EQUAL(range_request("/a/").body,
                  R"({"key":"L2Ev","range_end":"L2Ew","serializable":true})");
}

CAF_TEST(a password may hold anything) {
  CAF_CHECK_EQUAL(authenticate_request("me", "\"\\\n").body,
                  "{\"name\":\"me\",\"password\":\"\\\"\\\\\\n\"}");
}

CAF_TEST(a service is merged by version and sorted) {
  auto body = R"({"header":{"revision":"7"},"kvs":[)"
              + kv("/k/1", record("a", "2", "y")) + ","
              + kv("/k/2", record("a", "1", "z")) + ","
              + kv("/k/3", record("a", "2", "x")) + "],\"count\":\"3\"}";
  auto items = parse_range(body);
  CAF_REQUIRE(items);
  CAF_CHECK_EQUAL(items->revision, 7);
  auto found = read_service("a", *items);
  CAF_CHECK(found.ignored.empty());
  CAF_REQUIRE_EQUAL(found.found.versions.size(), 2u);
  CAF_CHECK_EQUAL(found.found.versions[0].version, "1");
  CAF_CHECK_EQUAL(found.found.versions[1].nodes[0].id, "x");
  CAF_CHECK_EQUAL(found.found.versions[1].nodes[1].id, "y");
}

CAF_TEST(a service whose name maps to the same key is another one) {
  range items{1,
              {{"/k/1", record("a/b", "1", "x")}, {"/k/2", record("a-b", "1", "y")}}};
  auto found = read_service("a/b", items);
  CAF_REQUIRE_EQUAL(found.found.versions.size(), 1u);
  CAF_CHECK_EQUAL(found.found.versions[0].nodes.size(), 1u);
  CAF_CHECK_EQUAL(found.found.versions[0].nodes[0].id, "x");
}

CAF_TEST(bad records are ignored with their reason and disturb no other) {
  range items{1,
              {{"/k/1", "{"},
               {"/k/2", "null"},
               {"/k/3", R"({"name":"a","version":"1","nodes":[{"id":""}]})"},
               {"/k/4", R"({"name":"a","version":"1","nodes":[{"id":7}]})"},
               {"/k/5", record("a", "1", "x")},
               {"/k/6", record("a", "1", "x")}}};
  auto found = read_service("a", items);
  CAF_CHECK_EQUAL(found.ignored.count(), 4u);
  CAF_REQUIRE_EQUAL(found.found.versions.size(), 1u);
  CAF_CHECK_EQUAL(found.found.versions[0].nodes.size(), 1u);
  auto all = read_services(items);
  CAF_CHECK_EQUAL(all.services.size(), 1u);
}

CAF_TEST(absent values are zero and nothing found is no failure) {
  auto items = parse_range(R"({"header":{"revision":"7"}})");
  CAF_REQUIRE(items);
  CAF_CHECK(items->items.empty());
  auto lives = parse_keep_alive(R"({"result":{"header":{},"ID":"5"}})");
  CAF_REQUIRE(lives);
  CAF_CHECK(!*lives);
  lives = parse_keep_alive(R"({"result":{"ID":"5","TTL":"3"}})");
  CAF_CHECK(lives && *lives);
}

CAF_TEST(answers that are none are refused) {
  for (auto bad : {"", "[]", "null", "{", "{}", R"({"header":7})",
                   R"({"header":{"revision":"7"},"kvs":{}})",
                   R"({"header":{"revision":"7"},"kvs":[1]})",
                   R"({"header":{"revision":"7"},"kvs":[{"key":1}]})",
                   R"({"header":{"revision":"7"},"kvs":[{"key":"!"}]})",
                   R"({"header":{"revision":"99999999999999999999"}})"})
    CAF_CHECK(!parse_range(bad));
  CAF_CHECK(!parse_grant("{}"));
  CAF_CHECK(!parse_grant(R"({"ID":"x"})"));
  CAF_CHECK(!parse_token(R"({"token":""})"));
  CAF_CHECK(!parse_token(R"({"token":"a\r\nX: y"})"));
  CAF_CHECK(!parse_keep_alive("{}"));
}

CAF_TEST(a watch tells what changed and that it is over) {
  auto line =
      parse_watch_line(R"({"result":{"header":{"revision":"3"},"created":true}})");
  CAF_REQUIRE(line);
  CAF_CHECK(line->created && line->end.empty());
  CAF_CHECK_EQUAL(line->revision, 3);
  line =
      parse_watch_line(R"({"result":{"header":{"revision":"4"},"events":[{"kv":)"
                       + kv("/micro/registry/b/1", "") + R"(},{"type":"DELETE","kv":)"
                       + kv("/micro/registry/a/1", "") + R"(},{"kv":)"
                       + kv("/micro/registry/b/2", "") + "}]}}");
  CAF_REQUIRE(line);
  CAF_CHECK_EQUAL(line->services, (names{"a", "b"}));
  line = parse_watch_line(
      R"({"result":{"header":{"revision":"4"},"canceled":true,"compact_revision":"3"}})");
  CAF_REQUIRE(line);
  CAF_CHECK_EQUAL(line->end, "its revision was compacted");
  line = parse_watch_line(R"({"error":{"grpc_code":14,"message":"no leader"}})");
  CAF_REQUIRE(line);
  CAF_CHECK_EQUAL(line->end, "no leader");
  for (auto bad : {"", "x", "{}", R"({"result":7})", R"({"result":{}})",
                   R"({"result":{"header":{"revision":"4"},"events":{}}})",
                   R"({"result":{"header":{"revision":"4"},"events":[{"kv":7}]}})"})
    CAF_CHECK(!parse_watch_line(bad));
}

CAF_TEST(refusals are told in the words of etcd and by what the caller can do) {
  auto failure = refused(answer(503, R"({"error":"no leader","code":14})"), "u");
  CAF_CHECK(failure.reason == errc::unavailable);
  CAF_CHECK_EQUAL(failure.detail, "etcd at u answered 503: no leader");
  CAF_CHECK(refused(answer(403, "{}"), "u").reason == errc::permission_denied);
  CAF_CHECK(refused(answer(401, "x"), "u").reason == errc::unauthenticated);
  CAF_CHECK(!refused(answer(200, "{}"), "u"));
  CAF_CHECK(wants_token(answer(401, "")));
  CAF_CHECK(wants_token(answer(400, "etcdserver: revision of auth store is old")));
  CAF_CHECK(!wants_token(answer(403, "")));
}
