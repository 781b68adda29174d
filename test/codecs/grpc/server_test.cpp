#define CAF_SUITE grpc_server

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

// As grpc-go's client sends it.
http_request hello(std::string path = "/helloworld.Greeter/SayHello") {
  http_request request;
  request.method = "POST";
  request.target = std::move(path);
  request.major_version = 2;
  request.minor_version = 0;
  request.fields = {{"host", "127.0.0.1:50051"},
                    {"content-type", "application/grpc"},
                    {"user-agent", "grpc-go/1.60.0"},
                    {"te", "trailers"},
                    {"grpc-timeout", "999874u"}};
  request.body = framed("\x0a\x04John");
  return request;
}

std::string_view field(const http_response& x, std::string_view name) {
  return x.fields.get_or(name, "(none)");
}

error refusal(http_request request) {
  auto copy = request;
  auto read = grpc::read_request(std::move(request), types);
  CAF_REQUIRE(!read);
  CAF_CHECK(request.fields == copy.fields && request.body == copy.body);
  return read.error();
}

} // namespace

CAF_TEST(a request of a plain client is understood) {
  auto call = grpc::read_request(hello(), types);
  CAF_REQUIRE(call);
  CAF_CHECK(call->style.via == protocol::grpc);
  CAF_CHECK_EQUAL(call->style.endpoint, "Greeter.SayHello");
  CAF_CHECK_EQUAL(call->style.content_type, "application/grpc");
  CAF_CHECK(!call->style.go_micro);
  CAF_CHECK_EQUAL(call->service, "helloworld.Greeter");
  CAF_CHECK(call->timeout == 999874us);
  CAF_CHECK_EQUAL(call->payload(), "\x0a\x04John");
  // Past the prefix, in the body as it came.
  CAF_CHECK_EQUAL(call->body_offset, grpc::prefix_bytes);
  CAF_CHECK(grpc::find_codec(call->style.content_type, types)->body
            == types.find("")->body);
}

CAF_TEST(a request of Go Micro is understood) {
  // As captured of v2.9.1, wire reference 15.
  auto request = hello("/greeter.Greeter/Hello");
  request.fields = {{"host", "127.0.0.1:50051"},
                    {"content-type", "application/grpc+proto"},
                    {"te", "trailers"},
                    {"grpc-timeout", "4996397u"},
                    {"micro-from-service", "greeter.client"},
                    {"timeout", "5000000000"},
                    {"x-content-type", "application/grpc+proto"}};
  auto call = grpc::read_request(std::move(request), types);
  CAF_REQUIRE(call);
  CAF_CHECK(call->style.go_micro);
  CAF_CHECK_EQUAL(call->style.endpoint, "Greeter.Hello");
  // The earlier of both.
  CAF_CHECK(call->timeout == 4996397us);
  CAF_CHECK_EQUAL(call->headers.get_or("Micro-From-Service", ""), "greeter.client");
}

CAF_TEST(a field called timeout belongs to users of other clients) {
  auto request = hello();
  request.fields.erase("grpc-timeout");
  request.fields.add("timeout", "soon");
  auto call = grpc::read_request(std::move(request), types);
  CAF_REQUIRE(call);
  CAF_CHECK(!call->timeout.has_value());
  CAF_CHECK_EQUAL(call->headers.get_or("timeout", ""), "soon");
}

CAF_TEST(the suffix of the content type chooses the codec) {
  std::vector<std::pair<std::string, std::string>> rows{
      {"application/grpc", "application/protobuf"},
      {"application/grpc+proto", "application/protobuf"},
      {"Application/GRPC+proto", "application/protobuf"},
      {"application/grpc; charset=utf-8", "application/protobuf"},
      {"application/grpc+json", "application/json"},
      {"application/grpc+bytes", "application/octet-stream"},
      {"application/grpc+mine", "application/mine"},
  };
  content_types more;
  more.add("application/mine", {json_codec(), framing::none});
  for (const auto& [sent, codec] : rows) {
    CAF_CHECK(grpc::is_grpc(sent));
    CAF_REQUIRE(grpc::find_codec(sent, more) != nullptr);
    CAF_CHECK(grpc::find_codec(sent, more)->body == more.find(codec)->body);
  }
  for (auto x : {"application/grpc-web", "application/grpcx", "application/json", "",
                 "application/grp"})
    CAF_CHECK(!grpc::is_grpc(x));
  CAF_CHECK(grpc::find_codec("application/grpc+", types) == nullptr);
  CAF_CHECK(grpc::find_codec("application/json", types) == nullptr);
}

CAF_TEST(compressed messages are read) {
  for (auto as : {grpc::coding::gzip, grpc::coding::deflate}) {
    auto request = hello();
    std::string text(5000, 'x');
    request.fields.add("grpc-encoding", grpc::to_string(as));
    request.body = framed(text, as);
    CAF_REQUIRE_EQUAL(request.body[0], '\1');
    auto call = grpc::read_request(std::move(request), types);
    CAF_REQUIRE(call);
    CAF_CHECK_EQUAL(call->payload(), text);
    CAF_CHECK(call->compressed);
  }
  auto plain = grpc::read_request(hello(), types);
  CAF_REQUIRE(plain);
  CAF_CHECK(!plain->compressed);
}

CAF_TEST(binary metadata is bytes for the handler) {
  auto request = hello();
  request.fields.add("x-key-bin", "AP8");
  request.fields.add("x-list-bin", "Zg==, Zm8,,Zm9v");
  request.fields.add("x-text", "AP8");
  auto call = grpc::read_request(std::move(request), types);
  CAF_REQUIRE(call);
  CAF_CHECK_EQUAL(call->headers.get_or("x-key-bin", ""), (std::string{"\0\xff", 2}));
  CAF_CHECK_EQUAL(call->headers.get_or("x-text", ""), "AP8");
  std::vector<std::string> list;
  for (auto [name, value] : call->headers)
    if (name == "x-list-bin")
      list.emplace_back(value);
  CAF_CHECK(list == (std::vector<std::string>{"f", "fo", "", "foo"}));
}

CAF_TEST(what can not be read is refused with the reason) {
  struct row {
    void (*change)(http_request&);
    grpc::status code;
    std::string detail;
  };
  using grpc::status;
  std::vector<row> rows{
      {[](http_request& x) { x.method = "GET"; }, status::unimplemented,
       "gRPC methods are called by POST"},
      {[](http_request& x) { x.target = "/"; }, status::unimplemented,
       "malformed method name: /"},
      {[](http_request& x) { x.target = "/Greeter"; }, status::unimplemented,
       "malformed method name: /Greeter"},
      {[](http_request& x) { x.target = "/a.Greeter/"; }, status::unimplemented,
       "malformed method name"},
      {[](http_request& x) { x.target = "/a./Hello"; }, status::unimplemented,
       "malformed method name"},
      {[](http_request& x) { x.fields.set("content-type", "application/grpc+thrift"); },
       status::unimplemented, "no codec for application/grpc+thrift"},
      {[](http_request& x) { x.fields.add("grpc-encoding", "snappy"); },
       status::unimplemented,
       "grpc-encoding snappy is not read here; these are: identity,deflate,gzip"},
      {[](http_request& x) { x.fields.set("grpc-timeout", "5"); }, status::internal,
       "malformed grpc-timeout: 5; wanted are"},
      {[](http_request& x) {
         x.fields.add("x-content-type", "application/grpc");
         x.fields.add("timeout", "5s");
       },
       status::invalid_argument, "timeout: 5s is no decimal number of nanoseconds"},
      {[](http_request& x) { x.fields.add("a-bin", "=?"); }, status::internal,
       "field a-bin: =? is no base64"},
      {[](http_request& x) { x.body.clear(); }, status::internal,
       "the request has no message"},
      {[](http_request& x) { x.body.pop_back(); }, status::internal,
       "ends after 5 of the 6 bytes"},
      {[](http_request& x) { x.body += framed("b"); }, status::internal,
       "6 bytes behind its message"},
      {[](http_request& x) { x.body[0] = 1; }, status::internal,
       "grpc-encoding names no compression"},
      {[](http_request& x) { x.body[0] = 9; }, status::internal, "the flag 9"},
      {[](http_request& x) { x.body[1] = 1; }, status::resource_exhausted,
       "at most 4194304 are allowed (message_bytes)"},
  };
  for (const auto& x : rows) {
    auto request = hello();
    x.change(request);
    auto failure = refusal(request);
    CAF_CHECK_EQUAL(to_string(grpc::status_of(failure)), to_string(x.code));
    CAF_CHECK(failure.detail.find(x.detail) != std::string::npos);
    auto response = grpc::write_reply(grpc::style_of(request), {{}, {}, failure});
    CAF_CHECK_EQUAL(response.status, request.method == "POST" ? 200 : 405);
    CAF_CHECK_EQUAL(field(response, "grpc-status"),
                    std::to_string(static_cast<uint32_t>(x.code)));
    CAF_CHECK(response.body.empty() && response.trailers.empty());
  }
}

CAF_TEST(an unknown coding is told which are known) {
  auto request = hello();
  request.fields.add("grpc-encoding", "br");
  auto response =
      grpc::write_reply(grpc::style_of(request), {{}, {}, refusal(request)});
  CAF_CHECK_EQUAL(field(response, "grpc-accept-encoding"), "identity,deflate,gzip");
}

CAF_TEST(an answer is fields and message and trailers) {
  auto style = grpc::style_of(hello());
  outgoing_reply reply;
  reply.body = std::string(grpc::prefix_bytes, '\0') + "\x0a\x05Hello";
  reply.body_offset = grpc::prefix_bytes;
  reply.headers = {{"X-First", "1"},     {"x-first-bin", "\xff"},
                   {"grpc-status", "7"}, {"Content-Length", "5"},
                   {"te", "x"},          {":path", "/"}};
  reply.trailers = {{"x-last", "2\r\n3"}, {"x-last-bin", "f"}};
  const auto* text = reply.body.data();
  auto response = grpc::write_reply(style, std::move(reply));
  CAF_CHECK_EQUAL(response.status, 200);
  CAF_CHECK(response.fields
            == (metadata{{"content-type", "application/grpc"},
                         {"x-first", "1"},
                         {"x-first-bin", "/w"}}));
  CAF_CHECK_EQUAL(response.body, framed("\x0a\x05Hello"));
  CAF_CHECK(response.body.size() < 16 || response.body.data() == text);
  CAF_CHECK(
      response.trailers
      == (metadata{{"grpc-status", "0"}, {"x-last", "2  3"}, {"x-last-bin", "Zg"}}));
}

CAF_TEST(an answer without room for the prefix gets some) {
  auto response = grpc::write_reply(grpc::style_of(hello()), {{}, "\x0a\x05Hello", {}});
  CAF_CHECK_EQUAL(response.body, framed("\x0a\x05Hello"));
}

CAF_TEST(answers are compressed for those who read it) {
  auto request = hello();
  auto with = request;
  with.fields.add("grpc-accept-encoding", "identity, gzip");
  std::string text(5000, 'x');
  for (auto as : {grpc::coding::gzip, grpc::coding::deflate}) {
    auto readable = as == grpc::coding::gzip;
    auto style = grpc::style_of(with);
    auto response = grpc::write_reply(style, {{}, text, {}}, as);
    CAF_CHECK_EQUAL(field(response, "grpc-encoding"), readable ? "gzip" : "(none)");
    CAF_CHECK_EQUAL(response.body[0], readable ? '\1' : '\0');
    CAF_CHECK_EQUAL(response.body.size() < 100, readable);
    // A client that says nothing reads nothing compressed.
    auto plain = grpc::write_reply(grpc::style_of(request), {{}, text, {}}, as);
    CAF_CHECK_EQUAL(plain.body, framed(text));
  }
}

CAF_TEST(an answer above the limit becomes a failure) {
  auto response =
      grpc::write_reply(grpc::style_of(hello()), {{}, std::string(101, 'x'), {}},
                        grpc::coding::identity, 100);
  CAF_CHECK_EQUAL(field(response, "grpc-status"), "8");
  CAF_CHECK(response.body.empty());
}

CAF_TEST(a failure tells people the text and Go Micro the object) {
  error failure{404, "no such b\xc3\xb6ok", "greeter"};
  auto plain = grpc::write_reply(grpc::style_of(hello()), {{}, {}, failure});
  CAF_CHECK_EQUAL(plain.status, 200);
  CAF_CHECK_EQUAL(field(plain, "content-type"), "application/grpc");
  CAF_CHECK_EQUAL(field(plain, "grpc-status"), "5");
  CAF_CHECK_EQUAL(field(plain, "grpc-message"), "no such b%C3%B6ok");
  auto bytes = grpc::parse_binary(field(plain, "grpc-status-details-bin"));
  CAF_REQUIRE(bytes.has_value());
  auto rich = grpc::decode_status(*bytes);
  CAF_REQUIRE(rich.has_value());
  CAF_CHECK_EQUAL(rich->code, 5u);
  CAF_CHECK_EQUAL(rich->message, failure.detail);
  CAF_REQUIRE_EQUAL(rich->details.size(), 1u);
  CAF_CHECK_EQUAL(rich->details[0].type_url, "type.googleapis.com/errors.Error");
  CAF_CHECK(grpc::decode_micro_error(rich->details[0].bytes) == failure);

  auto request = hello();
  request.fields.add("x-content-type", "application/grpc+proto");
  auto micro = grpc::write_reply(grpc::style_of(request), {{}, {}, failure});
  CAF_CHECK_EQUAL(field(micro, "grpc-message"),
                  R"({"id":"greeter","code":404,"detail":"no such b%C3%B6ok",)"
                  R"("status":"Not Found"})");
}

CAF_TEST(the errors of Go Micro itself look like this) {
  // The reply to a failing handler as captured of v2.9.1 (grpc-v2-error).
  auto request = hello();
  request.fields.set("content-type", "application/grpc+proto");
  request.fields.add("x-content-type", "application/grpc+proto");
  error failure{400, "name fail refused", "greeter"};
  auto response = grpc::write_reply(grpc::style_of(request), {{}, {}, failure});
  CAF_CHECK_EQUAL(field(response, "grpc-status"), "3");
  CAF_CHECK_EQUAL(field(response, "grpc-message"),
                  R"({"id":"greeter","code":400,"detail":"name fail refused",)"
                  R"("status":"Bad Request"})");
  // Plain text is UNKNOWN and has no object.
  auto text = grpc::write_reply(grpc::style_of(request), {{}, {}, parse_error("EOF")});
  CAF_CHECK_EQUAL(field(text, "grpc-status"), "2");
  CAF_CHECK_EQUAL(field(text, "grpc-message"), "EOF");
  CAF_CHECK_EQUAL(field(text, "grpc-status-details-bin"), "(none)");
}

CAF_TEST(details of the user stand behind the object) {
  std::vector<grpc::detail> details{{"type.googleapis.com/a.B", "x"}};
  auto failure = grpc::make_error(grpc::status::data_loss, "lost", details, "greeter");
  auto response = grpc::write_reply(grpc::style_of(hello()), {{}, {}, failure});
  CAF_CHECK_EQUAL(field(response, "grpc-status"), "15");
  auto rich = grpc::decode_status(
      *grpc::parse_binary(field(response, "grpc-status-details-bin")));
  CAF_REQUIRE(rich.has_value());
  CAF_CHECK_EQUAL(rich->code, 15u);
  CAF_REQUIRE_EQUAL(rich->details.size(), 2u);
  CAF_CHECK(rich->details[1] == details[0]);
}

CAF_TEST(the head of a failure stays below what clients allow) {
  error failure{errc::internal, std::string(100'000, '\xff'), "greeter"};
  failure.details =
      grpc::encode({13, {}, {{"t", std::string(100'000, 'x')}, {"u", "small"}}});
  auto response = grpc::write_reply(grpc::style_of(hello()), {{}, {}, failure});
  size_t size = 0;
  for (auto [name, value] : response.fields)
    size += name.size() + value.size() + 32;
  CAF_CHECK_LESS(size, 30'000u);
  // 0xff is no UTF-8: it must not spoil the status for those who read it.
  auto rich = grpc::decode_status(
      *grpc::parse_binary(field(response, "grpc-status-details-bin")));
  CAF_REQUIRE(rich.has_value());
  CAF_CHECK(rich->message.starts_with("\ufffd"));
}

CAF_TEST(a stream has the same head and the same end) {
  auto request = hello();
  request.fields.add("grpc-encoding", "gzip");
  request.body.clear();
  auto head = grpc::read_head(http_request{request}, types);
  CAF_REQUIRE(head);
  CAF_CHECK_EQUAL(head->call.style.endpoint, "Greeter.SayHello");
  CAF_CHECK(head->from == grpc::coding::gzip);
  CAF_CHECK(head->call.timeout == 999874us);
  const auto& style = head->call.style;
  CAF_CHECK(grpc::write_head(style, {{"a", "b"}}).fields
            == (metadata{{"content-type", "application/grpc"}, {"a", "b"}}));
  CAF_CHECK(grpc::write_trailers(style, {}, {{"c", "d"}})
            == (metadata{{"grpc-status", "0"}, {"c", "d"}}));
  auto failed = grpc::write_trailers(style, error{errc::timeout, "too late"}, {});
  CAF_CHECK_EQUAL(failed.get_or("grpc-status", ""), "4");
  request.fields.set("grpc-encoding", "br");
  CAF_CHECK(!grpc::read_head(std::move(request), types));
}
