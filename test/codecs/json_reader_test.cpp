#define CAF_SUITE json_reader

#include "mica/codecs/codec.hpp"

#include <everything.pb.h>
#include <greeter.pb.h>
#include <legacy.pb.h>

#include <caf/test/unit_test.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace mica;

namespace {

template <class Message>
std::string fault_of(std::string_view body) {
  Message x;
  auto result = json_codec()->decode(body, x);
  if (result)
    return {};
  CAF_CHECK(result.error().reason == errc::invalid_argument);
  return result.error().detail;
}

template <class Message>
std::string compact(std::string_view body) {
  Message x;
  auto result = json_codec()->decode(body, x);
  return result ? x.ShortDebugString() : result.error().detail;
}

} // namespace

CAF_TEST(a greeting is read with and without blanks and line breaks) {
  for (std::string body :
       {"{\"name\":\"John\"}\n", " { \"name\" :\t\"J\\u006fhn\" } \r\n"})
    CAF_CHECK_EQUAL(compact<lab::HelloRequest>(body), "name: \"John\"");
  CAF_CHECK_EQUAL(compact<lab::HelloRequest>("{}"), "");
  // Go Micro's server does not read an empty body at all.
  CAF_CHECK_EQUAL(compact<lab::HelloRequest>(""), "");
  CAF_CHECK_EQUAL(compact<lab::HelloRequest>("{\"name\":null}"), "");
  CAF_CHECK_EQUAL(fault_of<test::Legacy>(""),
                  "mica.test.Legacy: required fields missing: id");
}

CAF_TEST(original and camel case names are the same field) {
  CAF_CHECK_EQUAL(compact<test::Everything>(R"({"an_int32":1,"aUint32":2,)"
                                            R"("inner":{"userName":"x"},)"
                                            R"("otherName":"y","choiceText":"z"})"),
                  "renamed: \"y\" choice_text: \"z\" inner { user_name: \"x\" } "
                  "a_uint32: 2 an_int32: 1");
  CAF_CHECK_EQUAL(compact<test::Everything>(R"({"renamed":"y"})"), "renamed: \"y\"");
}

CAF_TEST(scalars are read in each form that jsonpb takes) {
  CAF_CHECK_EQUAL(
      compact<test::Everything>(
          R"({"an_int64":"-9223372036854775808","a_uint64":18446744073709551615,)"
          R"("an_int32":"7","a_double":"-Infinity","a_float":1.5,)"
          R"("color":"GREEN","size":1,"colors":[0,"RED",7],)"
          R"("a_bytes":"_w","a_bool":true,"a_uint32":1e3})"),
      "colors: COLOR_UNKNOWN colors: RED colors: 7 size: LARGE color: GREEN "
      "a_bytes: \"\\377\" a_bool: true a_double: -inf a_float: 1.5 a_uint64: "
      "18446744073709551615 a_uint32: 1000 an_int64: -9223372036854775808 "
      "an_int32: 7");
  test::Everything x;
  CAF_REQUIRE(json_codec()->decode(R"({"a_double":"NaN"})", x));
  CAF_CHECK(std::isnan(x.a_double()));
}

CAF_TEST(maps and optional fields and oneofs are read) {
  test::Everything x;
  CAF_REQUIRE(json_codec()->decode(R"({"counts":{"a":1,"":2},"by_id":{"-3":{}},)"
                                   R"("yes_no":{"true":"y","false":"n"},"maybe":0,)"
                                   R"("choice_number":0,"words":null,"inner":null})",
                                   x));
  CAF_CHECK_EQUAL(x.counts().at(""), 2);
  CAF_CHECK_EQUAL(x.by_id().count(-3), 1u);
  CAF_CHECK_EQUAL(x.yes_no().at(false), "n");
  CAF_CHECK(x.has_maybe());
  CAF_CHECK(x.has_choice_number());
  CAF_CHECK(!x.has_inner());
}

CAF_TEST(well known types are read in their own form and as plain objects) {
  auto mapped = compact<test::Known>(
      R"({"time":"2020-01-31T11:00:00.5+01:00","duration":"1.5s","a_long":"5",)"
      R"("text":"x","mask":"a.bC","value":[1,null,{"k":true}],"nothing":null})");
  auto plain = compact<test::Known>(
      R"({"time":{"seconds":1580464800,"nanos":500000000},)"
      R"("duration":{"seconds":1,"nanos":500000000},"a_long":{"value":5},)"
      R"("text":{"value":"x"},"mask":{"paths":["a.b_c"]},"value":[1,null,{"k":true}]})");
  CAF_CHECK_EQUAL(mapped, plain);
  CAF_CHECK_EQUAL(
      mapped, "time { seconds: 1580464800 nanos: 500000000 } duration { seconds: 1 "
              "nanos: 500000000 } mask { paths: \"a.b_c\" } value { list_value { "
              "values { number_value: 1 } values { null_value: NULL_VALUE } values { "
              "struct_value { fields { key: \"k\" value { bool_value: true } } } } } } "
              "a_long { value: 5 } text { value: \"x\" }");
  CAF_CHECK_EQUAL(compact<test::Known>(R"({"value":null})"),
                  "value { null_value: NULL_VALUE }");
}

CAF_TEST(an Any says its type anywhere) {
  auto wanted =
      std::string{"any { [type.googleapis.com/lab.HelloRequest] { name: \"J\" } }"};
  CAF_CHECK_EQUAL(
      compact<test::Known>(
          R"({"any":{"@type":"type.googleapis.com/lab.HelloRequest","name":"J"}})"),
      wanted);
  CAF_CHECK_EQUAL(
      compact<test::Known>(
          R"({"any":{"name":"J","@type":"type.googleapis.com/lab.HelloRequest"}})"),
      wanted);
  CAF_CHECK_EQUAL(
      compact<test::Known>(
          R"({"any":{"value":"2s","@type":"type.googleapis.com/google.protobuf.Duration"}})"),
      "any { [type.googleapis.com/google.protobuf.Duration] { seconds: 2 } }");
  CAF_CHECK_EQUAL(compact<test::Known>(R"({"any":{}})"), "any { }");
}

CAF_TEST(a refusal names message and field and place and reason) {
  struct row {
    std::string body;
    std::string why;
  };
  std::vector<row> rows{
      {R"({"nmae":"John"})",
       "lab.HelloRequest: line 1, column 2: unknown field nmae; there are: name"},
      {R"({"name":5})",
       "lab.HelloRequest.name: line 1, column 9: expected a string, not a number"},
      {R"({"name":"a","name":"b"})",
       "lab.HelloRequest: line 1, column 13: field name is there twice"},
      {R"([])", "lab.HelloRequest: line 1, column 1: expected an object, not an array"},
      {R"(null)", "lab.HelloRequest: line 1, column 1: expected an object, not null"},
      {R"(John)", "lab.HelloRequest: line 1, column 1: expected an object, not "
                  "something that is no "
                  "JSON"},
      {" ", "lab.HelloRequest: line 1, column 2: expected an object, not the end of "
            "the text"},
      {R"({"name":"John"}})",
       "lab.HelloRequest: line 1, column 16: more text after the value"},
      {R"({"name":)", "lab.HelloRequest.name: line 1, column 9: expected a string, not "
                      "the end of the text"},
      {"{\n  \"name\": \"a\xff\"\n}",
       "lab.HelloRequest.name: line 2, column 13: a byte that is not valid UTF-8"},
      {R"({"name":{"a":1}})",
       "lab.HelloRequest.name: line 1, column 9: expected a string, not an object"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(fault_of<lab::HelloRequest>(x.body), x.why);
}

CAF_TEST(a refusal follows the path into lists and maps) {
  struct row {
    std::string body;
    std::string why;
  };
  std::vector<row> rows{
      {R"({"inners":[{},{"user_name":1}]})",
       ".inners[1].user_name: line 1, column 28: expected a string, not a number"},
      {R"({"by_id":{"7":{"x":1}}})",
       ".by_id[7]: line 1, column 16: unknown field x; there are: user_name, more"},
      {R"({"by_id":{"seven":{}}})", ".by_id: line 1, column 11: key seven is no int32"},
      {R"({"yes_no":{"1":""}})",
       ".yes_no: line 1, column 12: key 1 is neither true nor false"},
      {R"({"counts":{"a":1,"a":2}})",
       ".counts: line 1, column 18: key a is there twice"},
      {R"({"by_id":{"1":{},"1.0":{}}})",
       ".by_id: line 1, column 18: key 1 is there twice"},
      {R"({"numbers":[1,null]})",
       ".numbers[1]: line 1, column 15: expected a number, not null"},
      {R"({"numbers":5})",
       ".numbers: line 1, column 12: expected an array, not a number"},
      {R"({"an_int32":2147483648})", ".an_int32: line 1, column 13: 2147483648 is out "
                                     "of the range of an integer of 32 "
                                     "bits"},
      {R"({"an_int32":1.5})", ".an_int32: line 1, column 13: 1.5 is no integer"},
      {R"({"an_int32":"x"})", ".an_int32: line 1, column 13: x is no number"},
      {R"({"an_int32":"NaN"})", ".an_int32: line 1, column 13: NaN is no number"},
      {R"({"a_float":1e39})", ".a_float: line 1, column 12: 1e39 is out of the range "
                              "of a floating point number "
                              "of 32 bits"},
      {R"({"a_bool":"true"})",
       ".a_bool: line 1, column 11: expected true or false, not a string"},
      {R"({"color":"BLUE"})",
       ".color: line 1, column 10: enum Color has no value BLUE"},
      {R"({"color":true})", ".color: line 1, column 10: expected the name or number of "
                            "an enum value, not true "
                            "or false"},
      {R"({"a_bytes":"!"})", ".a_bytes: line 1, column 12: not base64"},
      {R"({"choice_text":"a","choice_number":1})",
       ".choice_number: line 1, column 36: oneof choice holds choice_text already"},
      {R"({"aString":"a","a_string":"b"})",
       ": line 1, column 16: field a_string is there twice"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(fault_of<test::Everything>(x.body), "mica.test.Everything" + x.why);
  auto unknown = fault_of<test::Everything>("{\"" + std::string(5000, 'x') + "\":1}");
  CAF_CHECK(unknown.size() < 300);
}

CAF_TEST(broken well known types are refused) {
  struct row {
    std::string body;
    std::string why;
  };
  std::vector<row> rows{
      {R"({"time":"tomorrow"})",
       ".time: line 1, column 9: tomorrow is no time such as 2020-01-31T10:00:00Z"},
      {R"({"time":5})", ".time: line 1, column 9: expected a time such as "
                        "\"2020-01-31T10:00:00Z\", not a "
                        "number"},
      {R"({"duration":"5"})",
       ".duration: line 1, column 13: 5 is no duration such as 1.5s"},
      {R"({"any":{"@type":"lab.HelloRequest"}})",
       ".any: line 1, column 8: this program has no type for @type lab.HelloRequest"},
      {R"({"any":{"@type":1}})", ".any: line 1, column 17: expected the type of the "
                                 "Any as a string, not a number"},
      {R"({"any":{"@type":"x/lab.HelloRequest","nam":"J"}})",
       ".any: line 1, column 38: unknown field nam; there are: name"},
      {R"({"any":{"@type":"x/google.protobuf.Duration","v":"1s"}})",
       ".any: line 1, column 46: unknown field v; an Any of this type has @type and "
       "value"},
      {R"({"object":{"a":}})", ".object[a]: line 1, column 16: expected a value, not "
                               "something that is no JSON"},
      {R"({"a_long":"x"})", ".a_long: line 1, column 11: x is no number"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(fault_of<test::Known>(x.body), "mica.test.Known" + x.why);
}

CAF_TEST(depth is bounded wherever JSON can nest) {
  std::string messages;
  std::string lists = R"({"value":)" + std::string(5000, '[');
  std::string anys;
  for (int i = 0; i < 5000; ++i) {
    messages += R"({"inner":{"more":)";
    anys += R"({"any":{"@type":"x/mica.test.Known","any":)";
  }
  CAF_CHECK(fault_of<test::Everything>(messages).find("nested deeper than 100 levels")
            != std::string::npos);
  CAF_CHECK(fault_of<test::Known>(lists).find("nested deeper than 100 levels")
            != std::string::npos);
  CAF_CHECK(fault_of<test::Known>(anys).find("nested deeper than 100 levels")
            != std::string::npos);
}

CAF_TEST(every truncation of a body is refused) {
  std::string body = R"({"an_int32":12,"inner":{"user_name":"x"},"numbers":[1,"2"],)"
                     R"("counts":{"a":1},"a_bytes":"AAAA","color":"RED"})";
  CAF_CHECK_EQUAL(fault_of<test::Everything>(body), "");
  for (size_t size = 1; size < body.size(); ++size)
    CAF_CHECK(!fault_of<test::Everything>(body.substr(0, size)).empty());
}

CAF_TEST(proto2 extensions and required fields are minded) {
  CAF_CHECK_EQUAL(
      compact<test::Legacy>(R"({"id":"i","[mica.test.note]":"n",)"
                            R"("[mica.test.marks]":[1,2],"part":{"text":"t"}})"),
      "id: \"i\" Part { text: \"t\" } [mica.test.note]: \"n\" "
      "[mica.test.marks]: 1 [mica.test.marks]: 2");
  CAF_CHECK_EQUAL(fault_of<test::Legacy>(R"({"level":1})"),
                  "mica.test.Legacy: required fields missing: id");
  CAF_CHECK_EQUAL(
      fault_of<test::Legacy>(R"({"[mica.test.note]":"n","[mica.test.note]":"m"})"),
      "mica.test.Legacy: line 1, column 25: field note is there twice");
  CAF_CHECK_EQUAL(fault_of<test::Legacy>(R"({"[mica.test.none]":"n"})"),
                  "mica.test.Legacy: line 1, column 2: unknown field [mica.test.none]; "
                  "there are: id, level, mood, part");
}
