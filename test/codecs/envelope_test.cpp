#define CAF_SUITE envelope

#include "mucp/envelope.hpp"

#include "codecs/http_text.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

namespace {

std::string request_fault(framing kind, std::string_view text) {
  auto result = mucp::open_request(kind, text);
  if (result)
    return "none";
  CAF_CHECK(result.error().reason == errc::invalid_argument);
  return result.error().detail;
}

} // namespace

CAF_TEST(what is wrapped is opened again at every id) {
  for (auto kind : {framing::proto_rpc, framing::json_rpc}) {
    for (std::string id : {"0", "1", "255", "9223372036854775807", "-1"}) {
      std::string body = kind == framing::json_rpc ? R"({"a":[1,"]"]})" : "\x0a\x01x";
      auto text = mucp::wrap_request(kind, "A.B", id, body);
      auto request = mucp::open_request(kind, text);
      CAF_REQUIRE(request);
      CAF_CHECK_EQUAL(request->endpoint, "A.B");
      if (id != "-1" || kind == framing::json_rpc)
        CAF_CHECK_EQUAL(request->id, id);
      CAF_CHECK_EQUAL(request->body, body);
      auto reply_text = mucp::wrap_reply(kind, id, "", body);
      auto reply = mucp::open_reply(kind, reply_text);
      CAF_REQUIRE(reply);
      CAF_CHECK_EQUAL(reply->failure, "");
      CAF_CHECK_EQUAL(reply->body, body);
      auto failed_text = mucp::wrap_reply(kind, id, "{\"code\":1}", "");
      auto failed = mucp::open_reply(kind, failed_text);
      CAF_REQUIRE(failed);
      CAF_CHECK_EQUAL(failed->failure, "{\"code\":1}");
      CAF_CHECK_EQUAL(failed->body, "");
    }
  }
}

CAF_TEST(an envelope is refused at every truncation and with every rest) {
  std::vector<std::pair<framing, std::string>> texts{
      {framing::proto_rpc,
       mucp::wrap_request(framing::proto_rpc, "Greeter.Hello", "7", "\x0a\x04John")},
      {framing::json_rpc,
       R"({"method":"Greeter.Hello","params":[{"name":"John"}],"id":"0"})"},
  };
  for (const auto& [kind, text] : texts) {
    CAF_CHECK_EQUAL(request_fault(kind, text), "none");
    CAF_CHECK(request_fault(kind, text + 'x') != "none");
    for (size_t size = 0; size < text.size(); ++size) {
      CAF_CHECK(request_fault(kind, text.substr(0, size)) != "none");
      CAF_CHECK(!mucp::open_reply(kind, std::string_view{text}.substr(0, size)));
    }
  }
}

CAF_TEST(a broken proto rpc envelope says which part is broken) {
  struct row {
    std::string bytes;
    std::string why;
  };
  std::string prefix = "proto-rpc envelope: ";
  std::vector<row> rows{
      {"", "header: a length takes 4 bytes, 0 are left"},
      {"000000", "header: a length takes 4 bytes, 3 are left"},
      {"ffffffff00", "header: 4294967295 bytes announced, 1 are left"},
      {"00000000", "payload: a length takes 4 bytes, 0 are left"},
      {"0000000000000001", "payload: 1 bytes announced, 0 are left"},
      {"000000000000000000", "payload: 1 bytes too many behind it"},
      {"000000010a00000000",
       "header: not a protobuf message {service_method = 1, seq = 2, "
       "error = 3}"},
      {"000000020b0c00000000",
       "header: not a protobuf message {service_method = 1, seq = "
       "2, error = 3}"},
      // unknown fields of every type are skipped
      {"0000001c22017828012d01020304310102030405060708110100000000000000"
       "00000000",
       "none"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(request_fault(framing::proto_rpc, test::hex(x.bytes)),
                    x.why == "none" ? x.why : prefix + x.why);
}

CAF_TEST(a broken json rpc envelope says where) {
  struct row {
    std::string text;
    std::string why;
  };
  std::string one_element = "params must be an array of one element, the request";
  std::vector<row> rows{
      {"", "line 1, column 1: expected an object"},
      {"[]", "line 1, column 1: expected an object"},
      {R"({"method":5})", "line 1, column 11: method must be a string"},
      {R"({"method":"A.B"})", one_element},
      {R"({"method":"A.B","params":null})", one_element},
      {R"({"method":"A.B","params":[]})", one_element},
      {R"({"method":"A.B","params":[1,2]})", one_element},
      {R"({"method":"A.B","params":{}})", one_element},
      {R"({"method":"A.B","params":[1],"id":{}})",
       "line 1, column 35: id must be a string, a number or null"},
      {R"({"method":"A.B","method":"A.C"})",
       "line 1, column 17: method is there twice"},
      {R"({"method":"A.B","params":[1]} x)",
       "line 1, column 31: more text after the value"},
      {R"({"params":[1],"id":1})",
       R"(no member method; wanted is {"method":"Service.Method","params":[{...}],"id":"1"})"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(request_fault(framing::json_rpc, x.text),
                    "json-rpc envelope: " + x.why);
}

CAF_TEST(json rpc of other programs is understood) {
  auto request = mucp::open_request(
      framing::json_rpc,
      R"( {"jsonrpc":"2.0","id":12,"extra":[{}],"params":[{"name":"J"}],"method":"A.B"} )");
  CAF_REQUIRE(request);
  CAF_CHECK_EQUAL(request->id, "12");
  CAF_CHECK_EQUAL(request->body, R"({"name":"J"})");
  auto reply = mucp::open_reply(framing::json_rpc,
                                R"({"error":{"code":-1,"message":"x"},"id":null})");
  CAF_REQUIRE(reply);
  CAF_CHECK_EQUAL(reply->failure, R"({"code":-1,"message":"x"})");
  auto empty =
      mucp::open_reply(framing::json_rpc, R"({"id":1,"result":null,"error":""})");
  CAF_REQUIRE(empty);
  CAF_CHECK_EQUAL(empty->failure, "unspecified error");
}
