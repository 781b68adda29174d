#define CAF_SUITE json_writer

#include "mica/codecs/codec.hpp"

#include <everything.pb.h>
#include <greeter.pb.h>
#include <legacy.pb.h>

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>

#include <caf/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace mica;

namespace {

std::string as_json(const google::protobuf::Message& x) {
  std::string out;
  auto result = json_codec()->encode(x, out);
  return result ? out : "error: " + result.error().detail;
}

test::Everything filled() {
  test::Everything x;
  x.set_an_int32(std::numeric_limits<int32_t>::min());
  x.set_an_int64(std::numeric_limits<int64_t>::max());
  x.set_a_uint32(std::numeric_limits<uint32_t>::max());
  x.set_a_uint64(std::numeric_limits<uint64_t>::max());
  x.set_a_sint32(-1);
  x.set_a_sint64(-2);
  x.set_a_fixed32(3);
  x.set_a_fixed64(4);
  x.set_a_float(0.1f);
  x.set_a_double(1e-7);
  x.set_a_bool(true);
  x.set_a_string("<J\u00f6hn>\n");
  x.set_a_bytes(std::string{"\0\xff\x10", 3});
  x.set_color(test::GREEN);
  x.set_size(test::Everything::LARGE);
  x.mutable_inner()->set_user_name("in");
  x.add_numbers(0);
  x.add_numbers(-5);
  x.add_words("");
  x.add_words("w");
  x.add_blobs("");
  x.add_blobs("abc");
  x.add_inners();
  x.add_inners()->set_user_name("second");
  x.add_colors(test::COLOR_UNKNOWN);
  x.add_colors(test::RED);
  (*x.mutable_counts())["b"] = 2;
  (*x.mutable_counts())["a<"] = 0;
  (*x.mutable_by_id())[10].set_user_name("ten");
  (*x.mutable_by_id())[9];
  (*x.mutable_yes_no())[true] = "yes";
  x.set_choice_number(0);
  x.set_maybe(0);
  x.set_maybe_text("");
  x.set_renamed("r");
  return x;
}

} // namespace

CAF_TEST(a greeting is the line of the captures) {
  lab::HelloResponse response;
  response.set_greeting("Hello John");
  CAF_CHECK_EQUAL(as_json(response), "{\"greeting\":\"Hello John\"}\n");
}

CAF_TEST(every kind of field is written as by Go and in the order of the proto file) {
  CAF_CHECK_EQUAL(
      as_json(filled()),
      R"({"an_int32":-2147483648,"an_int64":9223372036854775807,)"
      R"("a_uint32":4294967295,"a_uint64":18446744073709551615,)"
      R"("a_sint32":-1,"a_sint64":-2,"a_fixed32":3,"a_fixed64":4,)"
      R"("a_float":0.1,"a_double":1e-7,"a_bool":true,)"
      "\"a_string\":\"\\u003cJ\xc3\xb6hn\\u003e\\n\","
      R"("a_bytes":"AP8Q","color":2,"size":1,)"
      R"("inner":{"user_name":"in"},"numbers":[0,-5],"words":["","w"],)"
      R"("blobs":["","YWJj"],"inners":[{},{"user_name":"second"}],)"
      R"("colors":[0,1],"counts":{"a\u003c":0,"b":2},)"
      R"("by_id":{"10":{"user_name":"ten"},"9":{}},"yes_no":{"true":"yes"},)"
      R"("choice_number":0,"maybe":0,"maybe_text":"","renamed":"r"})"
      "\n");
}

CAF_TEST(zero values are left out and set messages are not) {
  test::Everything x;
  x.set_a_string("");
  x.set_an_int32(0);
  x.set_a_float(0);
  CAF_CHECK_EQUAL(as_json(x), "{}\n");
  x.mutable_inner();
  x.mutable_choice_inner();
  CAF_CHECK_EQUAL(as_json(x), "{\"inner\":{},\"choice_inner\":{}}\n");
}

CAF_TEST(what is written is read again to the same message by us and by protobuf) {
  auto x = filled();
  x.set_a_double(std::numeric_limits<double>::infinity());
  auto text = as_json(x);
  test::Everything ours;
  auto read = json_codec()->decode(text, ours);
  CAF_CHECK_EQUAL(read ? "" : read.error().detail, "");
  CAF_CHECK(google::protobuf::util::MessageDifferencer::Equals(x, ours));
  test::Everything theirs;
  auto status = google::protobuf::util::JsonStringToMessage(text, &theirs);
  CAF_CHECK_EQUAL(status.ToString(), "OK");
  CAF_CHECK(google::protobuf::util::MessageDifferencer::Equals(x, theirs));
}

CAF_TEST(well known types follow the JSON mapping of protobuf) {
  test::Known x;
  x.mutable_time()->set_seconds(1580464800);
  x.mutable_time()->set_nanos(5000000);
  x.mutable_duration()->set_seconds(-1);
  x.mutable_duration()->set_nanos(-500000000);
  x.mutable_mask()->add_paths("user.display_name");
  x.mutable_mask()->add_paths("photo");
  auto& fields = *x.mutable_object()->mutable_fields();
  fields["n"].set_null_value(google::protobuf::NULL_VALUE);
  fields["b"].set_bool_value(false);
  fields["l"].mutable_list_value()->add_values()->set_number_value(1.5);
  x.mutable_value()->set_string_value("v");
  x.mutable_list()->add_values()->mutable_struct_value();
  x.mutable_a_long()->set_value(5);
  x.mutable_text()->set_value("");
  x.mutable_bytes()->set_value("abc");
  x.mutable_real()->set_value(0);
  x.mutable_flag()->set_value(false);
  x.add_values()->set_null_value(google::protobuf::NULL_VALUE);
  lab::HelloRequest hello;
  hello.set_name("John");
  x.mutable_any()->PackFrom(hello);
  auto text = as_json(x);
  CAF_CHECK_EQUAL(
      text, R"({"time":"2020-01-31T10:00:00.005Z","duration":"-1.500s",)"
            R"("mask":"user.displayName,photo",)"
            R"("object":{"b":false,"l":[1.5],"n":null},"value":"v","list":[{}],)"
            R"("any":{"@type":"type.googleapis.com/lab.HelloRequest","name":"John"},)"
            R"("a_long":5,"text":"","bytes":"YWJj","real":0,"flag":false,)"
            R"("values":[null]})"
            "\n");
  test::Known again;
  auto read = json_codec()->decode(text, again);
  CAF_CHECK_EQUAL(read ? "" : read.error().detail, "");
  CAF_CHECK(google::protobuf::util::MessageDifferencer::Equals(x, again));
  // An Any that holds a well-known type.
  x.mutable_any()->PackFrom(x.duration());
  CAF_CHECK(
      as_json(x).find(R"({"@type":"type.googleapis.com/google.protobuf.Duration",)"
                      R"("value":"-1.500s"})")
      != std::string::npos);
}

CAF_TEST(proto2 groups and extensions and defaults are written) {
  test::Legacy x;
  x.set_id("i");
  x.mutable_part()->set_text("t");
  x.set_mood(test::BAD);
  x.SetExtension(test::note, "n");
  x.AddExtension(test::marks, 1);
  CAF_CHECK_EQUAL(as_json(x), R"({"id":"i","mood":2,"part":{"text":"t"},)"
                              R"("[mica.test.note]":"n","[mica.test.marks]":[1]})"
                              "\n");
}

CAF_TEST(what JSON cannot say is an error that names the type) {
  test::Known x;
  x.mutable_time()->set_seconds(int64_t{1} << 60);
  CAF_CHECK_EQUAL(as_json(x),
                  "error: google.protobuf.Timestamp: outside of the years 1 to "
                  "9999");
  x.Clear();
  x.mutable_duration()->set_seconds(1);
  x.mutable_duration()->set_nanos(-1);
  CAF_CHECK_EQUAL(as_json(x),
                  "error: google.protobuf.Duration: longer than 10000 years, "
                  "or with parts of both signs");
  x.Clear();
  x.mutable_value()->set_number_value(std::numeric_limits<double>::quiet_NaN());
  CAF_CHECK_EQUAL(as_json(x),
                  "error: google.protobuf.Value: NaN and infinity are no JSON "
                  "numbers");
  x.Clear();
  x.mutable_any()->set_type_url("type.googleapis.com/no.Such");
  CAF_CHECK_EQUAL(as_json(x),
                  "error: google.protobuf.Any: this program has no type for "
                  "type.googleapis.com/no.Such");
  x.mutable_any()->set_type_url("type.googleapis.com/lab.HelloRequest");
  x.mutable_any()->set_value("\xff");
  CAF_CHECK_EQUAL(as_json(x), "error: google.protobuf.Any: its value is no "
                              "type.googleapis.com/lab.HelloRequest");
  test::Everything deep;
  auto* inner = deep.mutable_inner();
  for (int i = 0; i < 200; ++i)
    inner = inner->mutable_more()->mutable_inner();
  CAF_CHECK_EQUAL(as_json(deep), "error: mica.test.Everything: nested deeper than 100 "
                                 "levels");
}
