#define CAF_SUITE mucp_server

#include "codecs/http_text.hpp"
#include "mica/codecs/mucp.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace std::chrono_literals;

namespace {

const content_types types;

http_request post(std::string target, metadata fields, std::string body = {}) {
  return {"POST", std::move(target), std::move(fields), std::move(body), 1};
}

incoming_call read(http_request request) {
  auto result = mucp::read_request(std::move(request), types);
  if (!result)
    CAF_FAIL(result.error().detail);
  return std::move(*result);
}

std::string fault_of(http_request request) {
  auto result = mucp::read_request(std::move(request), types);
  return result ? "none"
                : std::to_string(result.error().code) + ' ' + result.error().detail;
}

// Status, fields and body in one text.
std::string answer(const reply_style& style, outgoing_reply reply) {
  auto response = mucp::write_reply(style, std::move(reply), types);
  return std::to_string(response.status) + "\r\n" + test::field_lines(response.fields)
         + "\r\n" + response.body;
}

outgoing_reply success(std::string body) {
  return {{}, std::move(body), {}};
}

outgoing_reply failure(error why) {
  return {{}, {}, std::move(why)};
}

} // namespace

CAF_TEST(captured requests of Go Micro are read) {
  struct row {
    std::string capture;
    std::string content_type;
    std::string endpoint;
    std::string body;
  };
  std::vector<row> rows{
      {"mucp-v1-unary", "application/protobuf", "Greeter.Hello", "\x0a\x04John"},
      {"mucp-v2-unary", "application/protobuf", "Greeter.Hello", "\x0a\x04John"},
      {"mucp-v2-service-client", "application/protobuf", "Greeter.Hello",
       "\x0a\x04John"},
      {"mucp-v2-json", "application/json", "Greeter.Hello", "{\"name\":\"John\"}\n"},
      {"mucp-v2-json-rpc", "application/json-rpc", "Greeter.Hello",
       "{\"name\":\"John\"}"},
      {"mucp-v2-proto-rpc", "application/proto-rpc", "Greeter.Hello", "\x0a\x04John"},
      {"mucp-v2-nomethod-json", "application/json", "Greeter.Nothing",
       "{\"name\":\"John\"}\n"},
      {"mucp-v5-error-json", "application/json", "Greeter.Hello",
       "{\"name\":\"fail\"}\n"},
  };
  for (const auto& x : rows) {
    auto request = test::captured_requests(x.capture).front();
    auto fields = request.fields;
    auto call = read(std::move(request));
    CAF_CHECK(call.style.via == protocol::mucp);
    CAF_CHECK_EQUAL(call.style.id, "0");
    CAF_CHECK_EQUAL(call.style.content_type, x.content_type);
    CAF_CHECK_EQUAL(call.style.endpoint, x.endpoint);
    CAF_CHECK_EQUAL(call.service, "greeter");
    CAF_CHECK_EQUAL(call.body, x.body);
    CAF_REQUIRE(call.timeout.has_value());
    CAF_CHECK_EQUAL(call.timeout->count(), 5000000000);
    CAF_CHECK(call.headers == fields);
  }
}

CAF_TEST(replies hold what the captured ones do but for their echo) {
  struct row {
    std::string capture;
    outgoing_reply reply;
  };
  auto refused = error{400, "name fail refused", "greeter"};
  std::vector<row> rows{
      {"mucp-v1-unary", success("\x12\x0aHello John")},
      {"mucp-v2-unary", success("\x12\x0aHello John")},
      {"mucp-v2-json", success("{\"greeting\":\"Hello John\"}\n")},
      {"mucp-v2-json-rpc", success("{\"greeting\":\"Hello John\"}\n")},
      {"mucp-v2-proto-rpc", success("\x12\x0aHello John")},
      {"mucp-v2-empty-reply", success("")},
      {"mucp-v1-error", failure(refused)},
      {"mucp-v1-error-plain", failure(parse_error("plain failure"))},
      {"mucp-v2-error-json", failure(refused)},
      {"mucp-v2-nomethod-json", failure(parse_error("rpc: can't find method Nothing"))},
      {"mucp-v5-error-json", failure(refused)},
  };
  for (auto& x : rows) {
    auto call = read(test::captured_requests(x.capture).front());
    auto captured = test::captured_responses(x.capture).front();
    auto ours = mucp::write_reply(call.style, std::move(x.reply), types);
    CAF_CHECK_EQUAL(ours.status, captured.status);
    CAF_CHECK_EQUAL(ours.body, captured.body);
    for (auto name : {"Micro-Error", "Micro-Id", "X-Micro-Error", "X-Micro-Id"})
      CAF_CHECK_EQUAL(ours.fields.get_or(name, "none"),
                      captured.fields.get_or(name, "none"));
    for (auto field : ours.fields)
      CAF_CHECK_EQUAL(field.value, captured.fields.get_or(field.name, "none"));
  }
}

CAF_TEST(a reply carries nothing that it need not) {
  reply_style style{protocol::mucp, "7", "application/protobuf", "Greeter.Hello"};
  CAF_CHECK_EQUAL(answer(style, success("body")),
                  "200\r\nContent-Type: application/protobuf\r\nMicro-Id: 7\r\n"
                  "X-Micro-Id: 7\r\n\r\nbody");
  CAF_CHECK_EQUAL(answer(style, success("")),
                  "200\r\nMicro-Id: 7\r\nX-Micro-Id: 7\r\n\r\n");
  CAF_CHECK_EQUAL(
      answer(style, failure({errc::not_found, "no", "x"})),
      "200\r\n"
      R"(Micro-Error: {"id":"x","code":404,"detail":"no","status":"Not Found"})"
      "\r\nMicro-Id: 7\r\n"
      R"(X-Micro-Error: {"id":"x","code":404,"detail":"no",)"
      R"("status":"Not Found"})"
      "\r\n\r\n");
  style.id.clear();
  CAF_CHECK_EQUAL(answer(style, success("body")),
                  "200\r\nContent-Type: application/protobuf\r\n\r\nbody");
}

CAF_TEST(path and fields decide who answers) {
  struct row {
    std::string target;
    metadata fields;
    protocol via;
  };
  metadata json{{"Content-Type", "application/json"}};
  metadata micro{{"micro-endpoint", "A.B"}};
  metadata unknown_micro{{"Micro-Namespace", "x"}};
  metadata prefixed{{"X-Micro-Endpoint", "A.B"}};
  std::vector<row> rows{
      {"/A/B", json, protocol::http},
      {"/A/B?x=/", json, protocol::http},
      {"http://host:1/A/B", json, protocol::http},
      {"/A/B", micro, protocol::mucp},
      {"/", micro, protocol::mucp},
      {"/?x", micro, protocol::mucp},
      {"http://host", micro, protocol::mucp},
      {"/any/path/at/all", prefixed, protocol::mucp},
      {"/", json, protocol::mucp_legacy},
      {"/A/B", unknown_micro, protocol::mucp_legacy},
      {"/", {{"Micro-Endpoint", "A.B"}, {"Micro-Target", "x"}}, protocol::mucp_legacy},
      {"/", {{"Micro-Protocol", "mucp"}}, protocol::mucp},
      {"/", {{"Micro-Topic", "t"}}, protocol::mucp},
      {"*", {}, protocol::http},
  };
  for (const auto& x : rows)
    CAF_CHECK(mucp::style_of(post(x.target, x.fields)).via == x.via);
}

CAF_TEST(old and lower case and repeated fields are understood) {
  auto call = read(post("/", {{"x-micro-method", "A.B"},
                              {"X-Micro-Service", "old"},
                              {"X-Micro-Id", "9"},
                              {"Micro-Service", "new"},
                              {"Micro-Service", "second"}}));
  CAF_CHECK_EQUAL(call.style.endpoint, "A.B");
  CAF_CHECK_EQUAL(call.service, "new");
  CAF_CHECK_EQUAL(call.style.id, "9");
  CAF_CHECK_EQUAL(call.style.content_type, "application/protobuf");
  CAF_CHECK(!call.timeout);
  // Go Micro takes any method, and a body of no bytes.
  http_request get{"GET", "/", {{"Micro-Endpoint", "A.B"}}, {}, 1};
  CAF_CHECK_EQUAL(read(get).style.endpoint, "A.B");
}

CAF_TEST(parameters and case of a content type do not matter) {
  auto call = read(post("/", {{"Micro-Endpoint", "A.B"},
                              {"Content-Type", "Application/JSON; charset=utf-8"}}));
  CAF_CHECK_EQUAL(call.style.content_type, "Application/JSON");
  auto legacy = read(post("/", {{"Content-Type", "Application/Json"}},
                          R"({"method":"A.B","params":[1],"id":5})"));
  CAF_CHECK_EQUAL(legacy.style.content_type, "application/json-rpc");
}

CAF_TEST(a timeout is a decimal number of nanoseconds) {
  struct row {
    std::string text;
    std::optional<std::chrono::nanoseconds> time;
  };
  std::vector<row> rows{
      {"5000000000", 5s},
      {"0", 0ns},
      {"-1", -1ns},
      {"99999999999999999999999", std::chrono::nanoseconds::max()},
      {"5s", std::nullopt},
      {"1e9", std::nullopt},
      {" 5", std::nullopt},
      {"+5", std::nullopt},
      {"0x5", std::nullopt},
  };
  for (const auto& x : rows) {
    auto request = post("/", {{"Micro-Endpoint", "A.B"}, {"Timeout", x.text}});
    if (x.time)
      CAF_CHECK(read(request).timeout == x.time);
    else
      CAF_CHECK_EQUAL(fault_of(request), "400 Timeout: " + x.text
                                             + " is no decimal number of nanoseconds");
  }
}

CAF_TEST(a refused mucp request says why and leaves the request as it was) {
  struct row {
    metadata fields;
    std::string why;
  };
  auto ill_formed = [](std::string what) {
    return "400 rpc: service/endpoint request ill-formed: " + what
           + "; wanted is Service.Method in Micro-Endpoint";
  };
  std::vector<row> rows{
      {{{"Micro-Endpoint", "Hello"}}, ill_formed("Hello")},
      {{{"Micro-Endpoint", "A.B.C"}}, ill_formed("A.B.C")},
      {{{"Micro-Endpoint", ".B"}}, ill_formed(".B")},
      {{{"Micro-Endpoint", "A."}}, ill_formed("A.")},
      {{{"Micro-Service", "x"}}, ill_formed("")},
      {{{"Micro-Endpoint", "A.B"}, {"Content-Type", "text/xml"}},
       "415 Unsupported Content-Type: text/xml; this service reads " + types.names()},
      {{{"Micro-Endpoint", "A.B"}, {"Content-Encoding", "gzip"}},
       "415 Content-Encoding: gzip is not read here; send the body as it is"},
      {{{"Micro-Topic", "events"}},
       "501 Micro-Topic events: events are not taken on this port; publish them "
       "through "
       "the broker"},
      {{{"Micro-Endpoint", "A.B"}, {"Micro-Error", "EOS"}, {"Micro-Id", "3"}},
       "400 Micro-Error in a request ends a stream, and there is none with Micro-Id 3"},
  };
  for (const auto& x : rows) {
    auto request = post("/", x.fields, "body");
    CAF_CHECK_EQUAL(fault_of(request), x.why);
    auto result = mucp::read_request(std::move(request), types);
    CAF_CHECK(!result);
    CAF_CHECK(request.fields == x.fields);
    CAF_CHECK_EQUAL(request.body, "body");
    CAF_CHECK(mucp::style_of(request).via == protocol::mucp);
  }
}

CAF_TEST(plain HTTP goes by path) {
  metadata json{{"Content-Type", "application/json"}};
  auto call = read(post("/Greeter/Hello", json, "{}"));
  CAF_CHECK_EQUAL(call.style.endpoint, "Greeter.Hello");
  CAF_CHECK_EQUAL(call.service, "Greeter");
  CAF_CHECK_EQUAL(call.style.content_type, "application/json");
  CAF_CHECK_EQUAL(call.body, "{}");
  CAF_CHECK_EQUAL(answer(call.style, success("{\"greeting\":\"Hello John\"}\n")),
                  "200\r\nContent-Type: application/json\r\n\r\n"
                  "{\"greeting\":\"Hello John\"}\n");
  call = read(post("/hello.world_2.Greeter/Hello?x=1", json));
  CAF_CHECK_EQUAL(call.style.endpoint, "Greeter.Hello");
  CAF_CHECK_EQUAL(call.service, "hello.world_2.Greeter");
  auto proto = read(post("/Greeter/Hello", {{"Content-Type", "application/protobuf"}}));
  CAF_CHECK_EQUAL(answer(proto.style, success("")), "200\r\n\r\n");
  auto rpc = read(post("/Greeter/Hello", {{"Content-Type", "application/json-rpc"}},
                       R"({"method":"x","params":[{"name":"J"}],"id":1})"));
  CAF_CHECK_EQUAL(rpc.style.endpoint, "Greeter.Hello");
  CAF_CHECK_EQUAL(rpc.body, R"({"name":"J"})");
  CAF_CHECK_EQUAL(answer(rpc.style, success("{}\n")),
                  "200\r\nContent-Type: application/json-rpc\r\n\r\n"
                  "{\"id\":\"1\",\"result\":{},\"error\":null}\n");
}

CAF_TEST(plain HTTP refuses with real status codes and helpful texts) {
  metadata json{{"Content-Type", "application/json"}};
  auto no_path = [](std::string path) {
    return "404 no such path: " + path + "; endpoints are /[package.]Service/Method";
  };
  for (std::string path : {"/favicon.ico", "/a/b/c", "/a/", "//b", "/.a/b", "/a./b",
                           "/a..b/c", "/a/b.c", "/a/b%20", "/a b/c", "*"})
    CAF_CHECK_EQUAL(fault_of(post(path, json)), no_path(path));
  CAF_CHECK_EQUAL(fault_of(post("/a/b/" + std::string(5000, 'x'), json)),
                  no_path("/a/b/" + std::string(59, 'x') + "..."));
  http_request get{"GET", "/Greeter/Hello", {}, {}, 1};
  CAF_CHECK_EQUAL(fault_of(get),
                  "405 GET /Greeter/Hello: endpoints are called by POST");
  auto help = "; this service reads " + types.names()
              + " (curl: add -H 'Content-Type: application/json')";
  CAF_CHECK_EQUAL(fault_of(post("/A/B", {}, "{}")), "415 no Content-Type" + help);
  CAF_CHECK_EQUAL(
      fault_of(post("/A/B", {{"Content-Type", "application/x-www-form-urlencoded"}})),
      "415 Unsupported Content-Type: application/x-www-form-urlencoded" + help);
  CAF_CHECK_EQUAL(fault_of(post("/A/B", {{"Content-Type", "text/xml; q"}})),
                  "415 Unsupported Content-Type: text/xml; this service reads "
                      + types.names());
  auto style = mucp::style_of(get);
  CAF_CHECK_EQUAL(
      answer(style, failure({405, "GET", "s"})),
      "405\r\nContent-Type: application/json\r\nAllow: POST\r\n\r\n"
      R"({"id":"s","code":405,"detail":"GET","status":"Method Not Allowed"})"
      "\n");
  // What has no HTTP status is the server's fault.
  CAF_CHECK_EQUAL(answer(style, failure(parse_error("plain"))),
                  "500\r\nContent-Type: application/json\r\n\r\n"
                  R"({"code":500,"detail":"plain","status":"Internal Server Error"})"
                  "\n");
}

CAF_TEST(peers that announce no protocol are served in envelopes) {
  auto proto = read(post("/", {{"Content-Type", "application/octet-stream"}},
                         test::hex("000000180a0d") + "Greeter.Hello"
                             + test::hex("110500000000000000") + test::hex("00000006")
                             + "\x0a\x04John"));
  CAF_CHECK(proto.style.via == protocol::mucp_legacy);
  CAF_CHECK_EQUAL(proto.style.endpoint, "Greeter.Hello");
  CAF_CHECK_EQUAL(proto.style.id, "5");
  CAF_CHECK_EQUAL(proto.style.content_type, "application/proto-rpc");
  CAF_CHECK_EQUAL(proto.body, "\x0a\x04John");
  CAF_CHECK_EQUAL(answer(proto.style, success("xy")),
                  "200\r\nContent-Type: application/proto-rpc\r\nMicro-Id: 5\r\n"
                  "X-Micro-Id: 5\r\n\r\n"
                      + test::hex("00000009110500000000000000000000027879"));
  auto json =
      read(post("/", {{"Content-Type", "application/json"}},
                R"({"method":"Greeter.Hello","params":[ {"name":"John"} ],"id":3})"));
  CAF_CHECK_EQUAL(json.style.endpoint, "Greeter.Hello");
  CAF_CHECK_EQUAL(json.style.id, "3");
  CAF_CHECK_EQUAL(json.body, R"({"name":"John"})");
  auto answered = answer(json.style, failure({errc::not_found, "no <x>", "s"}));
  CAF_CHECK(answered.find("\r\nMicro-Error: {\"id\":\"s\",\"code\":404,")
            != std::string::npos);
  CAF_CHECK(answered.ends_with(R"({"id":"3","result":null,"error":"{\"id\":\"s\",)"
                               R"(\"code\":404,\"detail\":\"no \\u003cx\\u003e\",)"
                               R"(\"status\":\"Not Found\"}"})"
                               "\n"));
}

CAF_TEST(a broken envelope is refused in the style of its protocol) {
  auto request =
      post("/", {{"Content-Type", "application/json"}}, R"({"name":"John"})");
  CAF_CHECK_EQUAL(fault_of(request),
                  "400 json-rpc envelope: no member method; wanted is "
                  R"({"method":"Service.Method","params":[{...}],"id":"1"})");
  auto style = mucp::style_of(request);
  CAF_CHECK(style.via == protocol::mucp_legacy);
  auto answered = answer(style, failure({errc::invalid_argument, "broken"}));
  CAF_CHECK(answered.starts_with("200\r\nContent-Type: application/json-rpc\r\n"
                                 "Micro-Error: {\"code\":400,"));
  CAF_CHECK(answered.find("\"result\":null") != std::string::npos);
}

CAF_TEST(no value can begin a field of its own) {
  reply_style style{protocol::mucp, "1\r\nEvil: 1", "application/json\nEvil: 2", "A.B"};
  outgoing_reply reply = success("{}");
  reply.headers = {{"X-Note", std::string{"a\r\nEvil: 3\0", 11}},
                   {"Evil: 4\r\nX", "b"},
                   {"", "c"},
                   {"Content-Length", "1"},
                   {"transfer-encoding", "chunked"},
                   {"Connection", "close"},
                   {"Micro-Id", "77"},
                   {"X-Micro-Error", "no"},
                   {"content-type", "text/html"},
                   {"Set-Cookie", "a=b"}};
  CAF_CHECK_EQUAL(answer(style, std::move(reply)),
                  "200\r\nContent-Type: application/json Evil: 2\r\n"
                  "Micro-Id: 1  Evil: 1\r\nX-Micro-Id: 1  Evil: 1\r\n"
                  "X-Note: a  Evil: 3 \r\nSet-Cookie: a=b\r\n\r\n{}");
  style = {protocol::mucp, "", "application/json", "A.B"};
  auto answered = answer(style, failure(parse_error("plain\r\nEvil: 5")));
  CAF_CHECK(answered.find("\nEvil") == std::string::npos);
}

CAF_TEST(long and misleading failures keep their meaning in the head) {
  reply_style style{protocol::mucp, "", "application/json", "A.B"};
  auto response = mucp::write_reply(
      style, failure({errc::internal, std::string(100000, 'x'), "s"}), types);
  CAF_CHECK(response.fields.get_or("Micro-Error", "").size() < 5000);
  CAF_CHECK_EQUAL(parse_error(response.fields.get_or("Micro-Error", "")).code, 500);
  // Plain texts that clients would take for something else travel as objects.
  for (std::string text : {"EOS", "{\"code\":1}"}) {
    error plain;
    plain.detail = text;
    plain.reason = errc::internal;
    auto written = mucp::write_reply(style, failure(plain), types);
    auto again = parse_error(written.fields.get_or("Micro-Error", ""));
    CAF_CHECK_EQUAL(again.detail, text);
  }
}
