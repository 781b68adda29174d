#define CAF_SUITE grpc_client

#include "mica/codecs/grpc.hpp"

#include "grpc/details.hpp"
#include "grpc/text.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace std::chrono_literals;

namespace {

const content_types types;

std::string framed(std::string_view payload, grpc::coding as = grpc::coding::identity) {
  std::string out;
  auto begin = grpc::begin_message(out);
  out += payload;
  CAF_REQUIRE(grpc::end_message(out, begin, as));
  return out;
}

outgoing_call hello() {
  outgoing_call call;
  call.service = "greeter";
  call.endpoint = "Greeter.Hello";
  call.package = "helloworld";
  call.body = std::string(grpc::prefix_bytes, '\0') + "\x0a\x04John";
  call.body_offset = grpc::prefix_bytes;
  call.timeout = 5s;
  return call;
}

http_response answer() {
  http_response response;
  response.fields = {{"content-type", "application/grpc"}};
  response.body = framed("\x0a\x05Hello");
  response.trailers = {{"grpc-status", "0"}};
  return response;
}

http_response failed(metadata fields, int status = 200) {
  http_response response;
  response.status = status;
  response.fields = std::move(fields);
  return response;
}

std::string details(const grpc::rpc_status& x) {
  std::string out;
  grpc::append_binary(out, encode(x));
  return out;
}

error failure_in(http_response response) {
  auto reply = grpc::read_reply(std::move(response));
  CAF_REQUIRE(!reply);
  return reply.error();
}

} // namespace

CAF_TEST(a request towards plain servers is that of the protocol) {
  auto call = hello();
  call.headers = {
      {"X-Key", "v"}, {"x-key-bin", "\xff"}, {"grpc-timeout", "1n"}, {"Micro-Id", "5"}};
  auto request = grpc::write_request(std::move(call), "h:1", grpc::dialect::standard);
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->method, "POST");
  CAF_CHECK_EQUAL(request->target, "/helloworld.Greeter/Hello");
  CAF_CHECK(request->fields
            == (metadata{{"host", "h:1"},
                         {"content-type", "application/grpc+proto"},
                         {"te", "trailers"},
                         {"user-agent", "grpc-mica/0.1"},
                         {"grpc-accept-encoding", "identity,deflate,gzip"},
                         {"grpc-timeout", "5000000u"},
                         {"x-key", "v"},
                         {"x-key-bin", "/w"}}));
  CAF_CHECK_EQUAL(request->body, framed("\x0a\x04John"));
}

CAF_TEST(the time left is told to three digits and never short) {
  struct row {
    std::chrono::nanoseconds left;
    std::string told;
  };
  std::vector<row> rows{{1ns, "1n"},
                        {999ns, "999n"},
                        {1001ns, "1010n"},
                        {4'999'990'001ns, "5000000u"},
                        {5'000'000'001ns, "5010000u"},
                        {24h, "86400000m"},
                        {std::chrono::nanoseconds::max(), "2562048H"}};
  for (const auto& [left, told] : rows) {
    auto call = hello();
    call.timeout = left;
    auto request = grpc::write_request(std::move(call), "h:1", grpc::dialect::standard);
    CAF_REQUIRE(request);
    CAF_CHECK_EQUAL(request->fields.get_or("grpc-timeout", ""), told);
  }
}

CAF_TEST(a request towards Go Micro is that of its client) {
  auto call = hello();
  call.from = "me";
  auto request = grpc::write_request(std::move(call), "h:1", grpc::dialect::go_micro);
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->target, "/greeter.Greeter/Hello");
  const auto& fields = request->fields;
  CAF_CHECK_EQUAL(fields.get_or("timeout", ""), "5000000000");
  CAF_CHECK_EQUAL(fields.get_or("x-content-type", ""), "application/grpc+proto");
  CAF_CHECK_EQUAL(fields.get_or("micro-from-service", ""), "me");
  CAF_CHECK_EQUAL(fields.get_or("grpc-timeout", ""), "5000000u");
}

CAF_TEST(paths are those of Go Micro) {
  struct row {
    std::string service;
    std::string package;
    std::string endpoint;
    grpc::dialect peer;
    std::string path;
  };
  using grpc::dialect;
  std::vector<row> rows{
      {"go.micro.srv.greeter", "p", "Greeter.Hello", dialect::go_micro,
       "/go.micro.srv.greeter.Greeter/Hello"},
      {"", "p", "Greeter.Hello", dialect::go_micro, "/Greeter/Hello"},
      {"s", "p", "/a.B/C", dialect::go_micro, "/a.B/C"},
      {"s", "", "Greeter.Hello", dialect::standard, "/Greeter/Hello"},
      {"s", "a.b", "Greeter.Hello", dialect::standard, "/a.b.Greeter/Hello"},
      {"s", "", "Odd", dialect::standard, "/Odd"},
  };
  for (const auto& x : rows) {
    auto call = hello();
    call.service = x.service;
    call.package = x.package;
    call.endpoint = x.endpoint;
    CAF_CHECK_EQUAL(grpc::write_head(call, "h", x.peer).target, x.path);
  }
}

CAF_TEST(what the client writes the server reads) {
  for (auto as : {grpc::coding::identity, grpc::coding::gzip, grpc::coding::deflate})
    for (auto peer : {grpc::dialect::standard, grpc::dialect::go_micro})
      for (auto type :
           {"application/protobuf", "application/json", "application/octet-stream"}) {
        auto call = hello();
        call.content_type = type;
        call.headers = {{"key-bin", std::string{"\0,\xff", 3}}, {"key", "a,b"}};
        std::string text(3000, 'x');
        call.body = text;
        call.body_offset = 0;
        auto request = grpc::write_request(std::move(call), "h", peer, as);
        CAF_REQUIRE(request);
        auto read = grpc::read_request(std::move(*request), types);
        CAF_REQUIRE(read);
        CAF_CHECK_EQUAL(read->style.endpoint, "Greeter.Hello");
        CAF_CHECK_EQUAL(read->payload(), text);
        CAF_CHECK(read->timeout == 5s);
        CAF_CHECK_EQUAL(read->headers.get_or("key-bin", ""),
                        (std::string{"\0,\xff", 3}));
        CAF_CHECK_EQUAL(read->headers.get_or("key", ""), "a,b");
        CAF_CHECK(grpc::find_codec(read->style.content_type, types)->body
                  == types.find(type)->body);
      }
}

CAF_TEST(a request above the limit is not sent) {
  auto request = grpc::write_request(hello(), "h", grpc::dialect::standard,
                                     grpc::coding::identity, 5);
  CAF_REQUIRE(!request);
  CAF_CHECK(request.error().reason == errc::limit_exceeded);
}

CAF_TEST(a reply is its message and what stands around it) {
  auto response = answer();
  response.fields.add("first-bin", "/w");
  response.trailers.add("last-bin", "Zg==");
  auto reply = grpc::read_reply(std::move(response));
  CAF_REQUIRE(reply);
  CAF_CHECK_EQUAL(reply->payload(), "\x0a\x05Hello");
  CAF_CHECK_EQUAL(reply->content_type, "application/grpc");
  CAF_CHECK_EQUAL(reply->headers.get_or("first-bin", ""), "\xff");
  CAF_CHECK_EQUAL(reply->trailers.get_or("last-bin", ""), "f");
}

CAF_TEST(failures come back as they were sent) {
  http_request request;
  request.fields = {{"content-type", "application/grpc"}};
  auto plain = grpc::style_of(request);
  auto micro = plain;
  micro.go_micro = true;
  std::vector<error> failures{
      {404, "no such book", "greeter"},
      {errc::overloaded, "full", "mica.server"},
      {418, "%41 \t\u263a", "x"},
      parse_error("plain text"),
      grpc::make_error(grpc::status::aborted, "again", {{"t/a.B", "x"}}, "greeter"),
      grpc::make_error(grpc::status::out_of_range, "far"),
      grpc::make_error(static_cast<grpc::status>(99), "odd"),
  };
  for (const auto& style : {plain, micro})
    for (const auto& x : failures) {
      auto read = failure_in(grpc::write_reply(style, {{}, {}, x}));
      CAF_CHECK(read == x);
      CAF_CHECK_EQUAL(read.detail, x.detail);
      CAF_CHECK(grpc::details_of(read) == grpc::details_of(x));
      CAF_CHECK_EQUAL(to_string(grpc::status_of(read)), to_string(grpc::status_of(x)));
    }
}

CAF_TEST(failures of plain servers keep their text and their details) {
  auto failure = failure_in(failed({{"content-type", "application/grpc"},
                                    {"grpc-status", "9"},
                                    {"grpc-message", "not now%21"}}));
  CAF_CHECK_EQUAL(failure.detail, "not now!");
  CAF_CHECK_EQUAL(failure.code, 412);
  CAF_CHECK(grpc::status_of(failure) == grpc::status::failed_precondition);
  auto rich = details({10, "again", {{"t/a.B", "x"}}});
  failure =
      failure_in(failed({{"grpc-status", "10"}, {"grpc-status-details-bin", rich}}));
  CAF_CHECK_EQUAL(failure.detail, "again");
  CAF_CHECK(grpc::details_of(failure) == (std::vector<grpc::detail>{{"t/a.B", "x"}}));
  // Broken details cost nothing but themselves.
  failure = failure_in(failed({{"grpc-status", "5"},
                               {"grpc-message", "no"},
                               {"grpc-status-details-bin", "!!"}}));
  CAF_CHECK_EQUAL(failure.detail, "no");
  CAF_CHECK(failure.reason == errc::not_found);
}

CAF_TEST(failures of Go Micro v1 are read from the text) {
  auto failure = failure_in(failed(
      {{"grpc-status", "3"},
       {"grpc-message",
        R"({"id":"greeter","code":400,"detail":"no","status":"Bad Request"})"}}));
  CAF_CHECK(failure == (error{400, "no", "greeter"}));
}

CAF_TEST(a status in the trailers goes before a message) {
  auto response = answer();
  response.trailers = {{"grpc-status", "13"}, {"grpc-message", "after all"}};
  CAF_CHECK_EQUAL(failure_in(std::move(response)).detail, "after all");
}

CAF_TEST(responses that are none of gRPC are judged by HTTP) {
  auto failure = failure_in(failed({{"content-type", "text/html"}}, 503));
  CAF_CHECK_EQUAL(failure.detail, "no grpc-status in a response with HTTP status 503 "
                                  "Service Unavailable and content-type text/html");
  CAF_CHECK(grpc::status_of(failure) == grpc::status::unavailable);
  CAF_CHECK_EQUAL(failure.id, "go.micro.client.transport");
  failure = failure_in(failed({{"content-type", "text/html"}}, 404));
  CAF_CHECK(grpc::status_of(failure) == grpc::status::unimplemented);
  // A status goes before HTTP's.
  failure = failure_in(failed({{"grpc-status", "7"}}, 404));
  CAF_CHECK(failure.reason == errc::permission_denied);
  // Plain HTTP of mica tells the object.
  auto told = failed({{"content-type", "application/json"}}, 413);
  told.body = R"({"id":"s","code":413,"detail":"too much"})";
  CAF_CHECK(failure_in(std::move(told)).reason == errc::limit_exceeded);
}

CAF_TEST(broken responses say what is wrong) {
  struct row {
    void (*change)(http_response&);
    std::string detail;
  };
  std::vector<row> rows{
      {[](http_response& x) { x.trailers.clear(); }, "ended without grpc-status"},
      {[](http_response& x) { x.trailers.set("grpc-status", "zero"); }, ""},
      {[](http_response& x) { x.body.clear(); }, "the response has no message"},
      {[](http_response& x) { x.body += x.body; }, "bytes behind its message"},
      {[](http_response& x) { x.body.pop_back(); }, "ends after"},
      {[](http_response& x) { x.body[0] = 1; }, "names no compression"},
      {[](http_response& x) { x.fields.add("grpc-encoding", "br"); }, "not offered"},
      {[](http_response& x) { x.fields.add("a-bin", "="); }, "is no base64"},
      {[](http_response& x) { x.body[1] = 1; }, "message_bytes"},
  };
  for (const auto& x : rows) {
    auto response = answer();
    x.change(response);
    auto failure = failure_in(std::move(response));
    CAF_CHECK(failure.detail.find(x.detail) != std::string::npos);
    CAF_CHECK(static_cast<bool>(failure));
  }
}
