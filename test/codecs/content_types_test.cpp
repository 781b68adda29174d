#define CAF_SUITE content_types

#include "mica/codecs/codec.hpp"

#include <greeter.pb.h>

#include <google/protobuf/wrappers.pb.h>

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

CAF_TEST(the table is that of Go Micro) {
  struct row {
    std::string type;
    std::string codec;
    framing envelope;
  };
  std::vector<row> rows{
      {"application/protobuf", "proto", framing::none},
      {"application/json", "json", framing::none},
      {"application/proto-rpc", "proto", framing::proto_rpc},
      {"application/json-rpc", "json", framing::json_rpc},
      {"application/octet-stream", "bytes", framing::none},
      {"", "proto", framing::none},
      {"Application/JSON", "json", framing::none},
      {"application/json; charset=utf-8", "json", framing::none},
      {" application/json ;charset=utf-8", "json", framing::none},
  };
  content_types types;
  for (const auto& x : rows) {
    const auto* found = types.find(x.type);
    CAF_REQUIRE(found != nullptr);
    CAF_CHECK_EQUAL(found->body->name(), x.codec);
    CAF_CHECK(found->envelope == x.envelope);
  }
  for (std::string unknown : {"text/plain", ";", " ", "application/jso", "json"})
    CAF_CHECK(types.find(unknown) == nullptr);
  CAF_CHECK_EQUAL(types.names(), "application/json, application/json-rpc, "
                                 "application/octet-stream, application/proto-rpc, "
                                 "application/protobuf");
}

CAF_TEST(users add and replace types) {
  content_types types;
  types.add("Application/X-Mine; q=1", {json_codec(), framing::none});
  types.add("application/json", {proto_codec(), framing::none});
  CAF_REQUIRE(types.find("application/x-mine") != nullptr);
  CAF_CHECK_EQUAL(types.find("application/x-mine")->body->name(), "json");
  CAF_CHECK_EQUAL(types.find("application/json")->body->name(), "proto");
}

CAF_TEST(raw bytes travel in a BytesValue and in nothing else) {
  auto codec = bytes_codec();
  google::protobuf::BytesValue value;
  std::string raw{"\0\xff raw", 6};
  CAF_REQUIRE(codec->decode(raw, value));
  std::string out = "before ";
  CAF_REQUIRE(codec->encode(value, out));
  CAF_CHECK_EQUAL(out, "before " + raw);
  lab::HelloRequest other;
  auto refused = codec->decode(raw, other);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().reason == errc::invalid_argument);
  CAF_CHECK_EQUAL(refused.error().detail, "application/octet-stream carries "
                                          "google.protobuf.BytesValue and not "
                                          "lab.HelloRequest");
  CAF_CHECK(!codec->encode(other, out));
}
