#define CAF_SUITE proto_codec

#include "mica/codecs/codec.hpp"
#include "proto/explain.hpp"

#include <everything.pb.h>
#include <greeter.pb.h>
#include <legacy.pb.h>

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

namespace {

std::string hex(std::string_view text) {
  std::string result;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    result += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
  return result;
}

} // namespace

CAF_TEST(a greeting is the six bytes of the captures) {
  lab::HelloRequest request;
  request.set_name("John");
  std::string out = ">";
  CAF_REQUIRE(proto_codec()->encode(request, out));
  CAF_CHECK_EQUAL(out, ">" + hex("0a044a6f686e"));
  lab::HelloRequest again;
  again.set_name("someone else");
  CAF_REQUIRE(proto_codec()->decode(hex("0a044a6f686e"), again));
  CAF_CHECK_EQUAL(again.name(), "John");
  CAF_REQUIRE(proto_codec()->decode("", again));
  CAF_CHECK_EQUAL(again.name(), "");
}

CAF_TEST(a large message is encoded as protobuf encodes it) {
  for (size_t size : {16'000, 16'370, 16'384, 100'000, 1'000'000}) {
    mica::test::Everything all;
    all.set_a_string(std::string(size, 's'));
    all.set_a_bytes(std::string(size / 3, '\0'));
    all.mutable_inner()->set_user_name(std::string(size / 2, 'n'));
    for (size_t i = 0; i < size / 40; ++i) {
      all.add_numbers(static_cast<int64_t>(i));
      *all.add_words() = std::string(i % 300, 'w');
      all.add_inners()->set_user_name("a");
    }
    std::string out = "head:";
    CAF_REQUIRE(proto_codec()->encode(all, out));
    CAF_CHECK(out == "head:" + all.SerializeAsString());
  }
}

CAF_TEST(a refused body is explained by message and field and byte) {
  struct row {
    std::string body;
    std::string why;
  };
  std::vector<row> rows{
      {"0a", "lab.HelloRequest: at byte 0: field name (1) ends within its length"},
      {"0ac8014a6f686e",
       "lab.HelloRequest: at byte 0: field name (1) wants 200 bytes, 4 are left"},
      {"0a014a07", "lab.HelloRequest: at byte 3: no field can begin here"},
      {"0a014a9806",
       "lab.HelloRequest: at byte 3: unknown field 99 ends within its number"},
      {"0a014a00", "lab.HelloRequest: at byte 3: no field can begin here"},
      {"0a014a2501",
       "lab.HelloRequest: at byte 3: unknown field 4 wants 4 bytes, 1 are left"},
      {"2101020304",
       "lab.HelloRequest: at byte 0: unknown field 4 wants 8 bytes, 4 are left"},
      {"0b0801", "lab.HelloRequest: at byte 3: group 1 does not end"},
      {"0b08010c0c",
       "lab.HelloRequest: at byte 4: field name (1) ends a group that did "
       "not begin"},
      {"0affffffffffffffffffff01",
       "lab.HelloRequest: at byte 0: field name (1) ends within its length"},
      {"0a02c328", "lab.HelloRequest: field lab.HelloRequest.name is not valid UTF-8"},
  };
  for (const auto& x : rows) {
    lab::HelloRequest request;
    auto result = proto_codec()->decode(hex(x.body), request);
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == errc::invalid_argument);
    CAF_CHECK_EQUAL(result.error().detail, x.why);
  }
}

CAF_TEST(an explanation leads into nested messages) {
  test::Everything all;
  all.mutable_inner()->set_user_name("x");
  std::string body;
  CAF_REQUIRE(proto_codec()->encode(all, body));
  // ca 01 03 0a 01 78: the string in the message in the message
  body[4] = '\x7f';
  auto result = proto_codec()->decode(body, all);
  CAF_REQUIRE(!result);
  CAF_CHECK_EQUAL(
      result.error().detail,
      "mica.test.Everything: at byte 3: field user_name (1) wants 127 bytes, "
      "1 are left, inside field inner (25)");
}

CAF_TEST(a message decodes or is explained at every truncation) {
  test::Everything all;
  all.set_an_int32(-1);
  all.set_a_fixed64(1);
  all.set_a_float(1.5f);
  all.set_a_string("text");
  all.mutable_inner()->mutable_more()->set_a_bytes("deep");
  all.add_numbers(1);
  all.add_numbers(1000);
  (*all.mutable_counts())["key"] = 9;
  (*all.mutable_by_id())[4].set_user_name("four");
  std::string body;
  CAF_REQUIRE(proto_codec()->encode(all, body));
  int refused = 0;
  for (size_t size = 0; size < body.size(); ++size) {
    test::Everything part;
    auto result = proto_codec()->decode(std::string_view{body}.substr(0, size), part);
    if (result)
      continue;
    ++refused;
    CAF_CHECK(result.error().detail.find("mica.test.Everything: at byte ") == 0);
  }
  CAF_CHECK(refused > static_cast<int>(body.size()) / 2);
}

CAF_TEST(nesting is bounded both for protobuf and for its explanation) {
  test::Everything all;
  auto* inner = all.mutable_inner();
  for (int i = 0; i < 200; ++i)
    inner = inner->mutable_more()->mutable_inner();
  std::string body;
  CAF_REQUIRE(proto_codec()->encode(all, body));
  test::Everything again;
  auto result = proto_codec()->decode(body, again);
  CAF_REQUIRE(!result);
  CAF_CHECK(result.error().detail.find("nested deeper than 100 messages")
            != std::string::npos);
  // Groups nest too: one byte each.
  auto groups = proto_codec()->decode(std::string(100000, '\x0b'), again);
  CAF_REQUIRE(!groups);
  CAF_CHECK(groups.error().detail.find("nested deeper") != std::string::npos);
}

CAF_TEST(missing required fields are named both ways) {
  test::Legacy old;
  old.set_level(3);
  std::string out;
  auto result = proto_codec()->encode(old, out);
  CAF_REQUIRE(!result);
  CAF_CHECK_EQUAL(result.error().detail,
                  "mica.test.Legacy: required fields missing: id");
  CAF_CHECK_EQUAL(out, "");
  auto read = proto_codec()->decode(hex("1003"), old);
  CAF_REQUIRE(!read);
  CAF_CHECK_EQUAL(read.error().detail, "mica.test.Legacy: required fields missing: id");
}

CAF_TEST(well formed bytes have no explanation) {
  CAF_CHECK_EQUAL(proto::explain(hex("0a044a6f686e"), *lab::HelloRequest::descriptor()),
                  "");
  CAF_CHECK_EQUAL(proto::explain(hex("0b08010c"), *lab::HelloRequest::descriptor()),
                  "");
}
