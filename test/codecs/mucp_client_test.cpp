#define CAF_SUITE mucp_client

#include "codecs/http_text.hpp"
#include "mica/codecs/mucp.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace std::chrono_literals;

namespace {

const content_types types;

outgoing_call hello(std::string content_type, std::string body) {
  outgoing_call call;
  call.service = "greeter";
  call.endpoint = "Greeter.Hello";
  call.content_type = std::move(content_type);
  call.headers = {{"X-Custom-Key", "Custom Value"}};
  call.body = std::move(body);
  call.from = "lab.client";
  call.timeout = 5s;
  return call;
}

std::string written(outgoing_call call, std::string_view host,
                    mucp::dialect peer = mucp::dialect::current) {
  return test::text_of(mucp::write_request(std::move(call), host, peer, types));
}

expected<incoming_reply> read(http_response response,
                              std::string_view type = "application/protobuf",
                              mucp::dialect peer = mucp::dialect::current) {
  return mucp::read_reply(std::move(response), peer, type, types);
}

// `id|code|reason|detail`
std::string failure_of(const expected<incoming_reply>& x) {
  if (x)
    return "none";
  const auto& e = x.error();
  return e.id + '|' + std::to_string(e.code) + '|' + std::string{to_string(e.reason)}
         + '|' + e.detail;
}

} // namespace

CAF_TEST(requests equal the captures byte for byte) {
  struct row {
    std::string capture;
    outgoing_call call;
  };
  std::string john = "\x0a\x04John";
  std::vector<row> rows{
      {"mucp-v1-unary", hello("application/protobuf", john)},
      {"mucp-v2-unary", hello("application/protobuf", john)},
      {"mucp-v2-json", hello("application/json", "{\"name\":\"John\"}\n")},
      {"mucp-v2-json-rpc", hello("application/json-rpc", "{\"name\":\"John\"}\n")},
      {"mucp-v2-proto-rpc", hello("application/proto-rpc", john)},
      {"mucp-v2-error-json", hello("application/json", "{\"name\":\"fail\"}\n")},
      {"mucp-v5-error-json", hello("application/json", "{\"name\":\"fail\"}\n")},
      {"mucp-v2-service-client", hello("application/protobuf", john)},
      {"mucp-v2-nomethod-json", hello("application/json", "{\"name\":\"John\"}\n")},
  };
  rows[6].call.headers.clear();
  rows[7].call.headers.clear();
  rows[7].call.from.clear();
  rows[8].call.endpoint = "Greeter.Nothing";
  for (auto& x : rows) {
    auto bytes = test::capture(x.capture + ".c2s");
    auto captured = test::captured_requests(x.capture).front();
    CAF_CHECK_EQUAL(written(std::move(x.call), captured.fields.get_or("Host", "")),
                    bytes);
  }
}

CAF_TEST(calls on one connection count their ids) {
  std::string bytes;
  for (uint64_t id = 0; id < 3; ++id) {
    auto request = test::captured_requests("mucp-v2-three-calls").at(id);
    auto call = hello("application/protobuf", request.body);
    call.id = id;
    bytes += written(call, request.fields.get_or("Host", ""));
  }
  CAF_CHECK_EQUAL(bytes, test::capture("mucp-v2-three-calls.c2s"));
}

CAF_TEST(captured replies are read whatever they echo) {
  struct row {
    std::string capture;
    std::string type;
    std::string body;
  };
  std::vector<row> rows{
      {"mucp-v1-unary", "application/protobuf", "\x12\x0aHello John"},
      {"mucp-v2-unary", "application/protobuf", "\x12\x0aHello John"},
      {"mucp-v2-json", "application/json", "{\"greeting\":\"Hello John\"}\n"},
      {"mucp-v2-json-rpc", "application/json-rpc", "{\"greeting\":\"Hello John\"}"},
      {"mucp-v2-proto-rpc", "application/proto-rpc", "\x12\x0aHello John"},
      {"mucp-v2-empty-reply", "application/protobuf", ""},
  };
  for (const auto& x : rows) {
    auto reply = read(test::captured_responses(x.capture).front(), x.type);
    CAF_REQUIRE(reply);
    CAF_CHECK_EQUAL(reply->body, x.body);
    CAF_CHECK_EQUAL(reply->content_type, x.type);
    CAF_CHECK_EQUAL(reply->headers.get_or("x-custom-key", ""), "Custom Value");
  }
  // v5.3.0 says Micro-Id 0 three times; nobody minds.
  for (auto& response : test::captured_responses("mucp-v5-three-calls"))
    CAF_CHECK(read(std::move(response)));
}

CAF_TEST(captured failures are read with their code) {
  struct row {
    std::string capture;
    std::string failure;
  };
  std::vector<row> rows{
      {"mucp-v1-error", "greeter|400|invalid_argument|name fail refused"},
      {"mucp-v2-error-json", "greeter|400|invalid_argument|name fail refused"},
      {"mucp-v5-error-json", "greeter|400|invalid_argument|name fail refused"},
      {"mucp-v1-error-plain", "|0|internal|plain failure"},
      {"mucp-v2-nomethod-json", "|0|internal|rpc: can't find method Nothing"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(failure_of(read(test::captured_responses(x.capture).front())),
                    x.failure);
}

CAF_TEST(metadata is sorted by canonical name and never overrides the protocol) {
  auto call = hello("application/json", "{}");
  call.headers = {{"zebra", "1"},
                  {"authorization", "Bearer x"},
                  {"Micro-Namespace", "go.micro"},
                  {"micro-from-service", "somebody else"},
                  {"Micro-Id", "99"},
                  {"X-Micro-Endpoint", "Evil.Call"},
                  {"Micro-Topic", "t"},
                  {"Micro-Stream", "4"},
                  {"Timeout", "1"},
                  {"Content-Length", "0"},
                  {"Transfer-Encoding", "chunked"},
                  {"Connection", "close"},
                  {"Host", "evil"},
                  {"bad name", "x"},
                  {"X-Break", "a\r\nEvil: 1"},
                  {"X-BREAK", "second"}};
  auto request =
      mucp::write_request(std::move(call), "h:1", mucp::dialect::current, types);
  CAF_CHECK_EQUAL(test::field_lines(request.fields),
                  "Host: h:1\r\nUser-Agent: Go-http-client/1.1\r\n"
                  "Accept: application/json\r\nAuthorization: Bearer x\r\n"
                  "Content-Type: application/json\r\nMicro-Endpoint: Greeter.Hello\r\n"
                  "Micro-From-Service: lab.client\r\nMicro-Id: 0\r\n"
                  "Micro-Method: Greeter.Hello\r\nMicro-Namespace: go.micro\r\n"
                  "Micro-Service: greeter\r\nTimeout: 5000000000\r\n"
                  "X-Break: a  Evil: 1\r\nZebra: 1\r\n");
}

CAF_TEST(what is not known is left out) {
  outgoing_call call;
  call.endpoint = "A.B";
  call.headers = {{"User-Agent", "mine"}, {"Micro-From-Service", "kept"}};
  CAF_CHECK_EQUAL(
      written(call, "h"),
      "POST / HTTP/1.1\r\nHost: h\r\nUser-Agent: mine\r\nContent-Length: 0\r\n"
      "Accept: application/protobuf\r\nContent-Type: application/protobuf\r\n"
      "Micro-Endpoint: A.B\r\nMicro-From-Service: kept\r\nMicro-Id: 0\r\n"
      "Micro-Method: A.B\r\n\r\n");
  call.timeout = -1ns;
  CAF_CHECK(written(call, "h").find("\r\nTimeout: 0\r\n") != std::string::npos);
}

CAF_TEST(a node without a protocol gets envelopes and answers in them) {
  auto call = hello("application/protobuf", "\x0a\x04John");
  call.id = 2;
  auto request =
      mucp::write_request(outgoing_call{call}, "h", mucp::dialect::legacy, types);
  CAF_CHECK_EQUAL(request.fields.get_or("Content-Type", ""), "application/proto-rpc");
  CAF_CHECK_EQUAL(request.fields.get_or("Accept", ""), "application/protobuf");
  CAF_CHECK_EQUAL(request.fields.get_or("Micro-Endpoint", ""), "Greeter.Hello");
  CAF_CHECK_EQUAL(request.body, test::hex("000000180a0d") + "Greeter.Hello"
                                    + test::hex("110200000000000000")
                                    + test::hex("00000006") + "\x0a\x04John");
  call.content_type = "application/json";
  call.body = "{\"name\":\"John\"}\n";
  request = mucp::write_request(outgoing_call{call}, "h", mucp::dialect::legacy, types);
  CAF_CHECK_EQUAL(request.fields.get_or("Content-Type", ""), "application/json-rpc");
  CAF_CHECK_EQUAL(request.body,
                  "{\"method\":\"Greeter.Hello\",\"params\":[{\"name\":\"John\"}],"
                  "\"id\":\"2\"}\n");
  auto legacy = mucp::dialect::legacy;
  http_response response;
  response.body = test::hex("00000000000000027879");
  auto reply = read(response, "application/protobuf", legacy);
  CAF_REQUIRE(reply);
  CAF_CHECK_EQUAL(reply->body, "xy");
  response.body = test::hex("000000041a026e6f00000000");
  CAF_CHECK_EQUAL(failure_of(read(response, "application/protobuf", legacy)),
                  "|0|internal|no");
  response.body = R"({"id":"2","result":null,"error":"{\"code\":404,\"id\":\"g\"}"})";
  CAF_CHECK_EQUAL(failure_of(read(response, "application/json", legacy)),
                  "g|404|not_found|");
  response.body = "";
  CAF_CHECK_EQUAL(
      failure_of(read(response, "application/protobuf", legacy)),
      "go.micro.client.codec|500|internal|reply: proto-rpc envelope: header: a "
      "length takes 4 bytes, 0 are left");
}

CAF_TEST(what is no mucp answer is a failure) {
  struct row {
    http_response response;
    std::string failure;
  };
  std::string large(5000, 'b');
  std::vector<row> rows{
      {{503, {}, "busy", false},
       "go.micro.client.transport|500|internal|503 Service Unavailable: busy"},
      {{418, {}, "", false}, "go.micro.client.transport|500|invalid_argument|418: "},
      {{413, {}, "", false},
       "go.micro.client.transport|500|limit_exceeded|413 Request Entity Too Large: "},
      {{408, {}, "", false},
       "go.micro.client.transport|500|internal|408 Request Timeout: "},
      {{302, {}, "", false}, "go.micro.client.transport|500|internal|302 Found: "},
      {{404, {}, large, false},
       "go.micro.client.transport|500|not_found|404 Not Found: " + large.substr(0, 512)
           + "..."},
      {{503, {}, R"({"id":"mica.server","code":503,"detail":"full"})", false},
       "mica.server|503|unavailable|full"},
      {{503, {}, R"({"code":200})", false},
       "go.micro.client.transport|500|internal|503 Service Unavailable: "
       "{\"code\":200}"},
      {{200,
        {{"Content-Type", "text/plain"}},
        "Unsupported Content-Type: application/x",
        false},
       "go.micro.client|415|unsupported_content_type|Unsupported Content-Type: "
       "application/x"},
      {{200, {{"Micro-Error", "EOS"}}, "", false},
       "go.micro.client|500|internal|the peer ended a stream (Micro-Error: EOS) "
       "instead of "
       "answering"},
      {{200, {{"X-Micro-Error", "old"}}, "", false}, "|0|internal|old"},
      {{200, {{"Micro-Error", ""}}, "x", false}, "none"},
      {{200, {}, "", false}, "none"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(failure_of(read(x.response)), x.failure);
}
