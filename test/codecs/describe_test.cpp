#define CAF_SUITE describe

#include "endpoint/go_names.hpp"
#include "mica/codecs/endpoint.hpp"

#include <everything.pb.h>
#include <greeter.pb.h>

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

namespace {

// `name type(children)`
std::string text_of(const value& x) {
  auto result = x.name + ' ' + x.type;
  if (x.values.empty())
    return result;
  std::string inner;
  for (const auto& y : x.values)
    inner += (inner.empty() ? "" : ", ") + text_of(y);
  return result + '(' + inner + ')';
}

const value& field(const value& x, std::string_view name) {
  for (const auto& y : x.values)
    if (y.name == name)
      return y;
  CAF_FAIL("no field " << std::string{name});
}

} // namespace

CAF_TEST(the greeting is described as in the registration of Go Micro v1) {
  // consul-v1-service.c2s.http, tag e- of Greeter.Hello
  method_descriptor hello{"Hello", "Greeter.Hello",
                          &lab::HelloRequest::default_instance(),
                          &lab::HelloResponse::default_instance()};
  auto x = describe(hello);
  CAF_CHECK_EQUAL(x.name, "Greeter.Hello");
  CAF_CHECK_EQUAL(text_of(x.request), "HelloRequest HelloRequest(name string)");
  CAF_CHECK_EQUAL(text_of(x.response), "HelloResponse HelloResponse(greeting string)");
  CAF_CHECK(x.metadata.empty());
}

CAF_TEST(a method with any stream says so in its metadata as Go Micro does) {
  method_descriptor chat{"Chat", "Greeter.Chat", &lab::HelloRequest::default_instance(),
                         &lab::HelloResponse::default_instance()};
  for (auto kind : {method_kind::client_stream, method_kind::server_stream,
                    method_kind::bidi_stream}) {
    chat.kind = kind;
    auto x = describe(chat);
    CAF_CHECK_EQUAL(x.metadata.size(), 1u);
    CAF_CHECK_EQUAL(x.metadata["stream"], "true");
    CAF_CHECK_EQUAL(text_of(x.request), "HelloRequest HelloRequest(name string)");
    CAF_CHECK_EQUAL(text_of(x.response),
                    "HelloResponse HelloResponse(greeting string)");
  }
}

CAF_TEST(types are called what Go calls them) {
  auto x = describe(*test::Everything::descriptor(), "top");
  CAF_CHECK_EQUAL(x.name, "top");
  CAF_CHECK_EQUAL(x.type, "Everything");
  struct row {
    std::string name;
    std::string type;
  };
  std::vector<row> rows{
      {"an_int32", "int32"},
      {"an_int64", "int64"},
      {"a_uint32", "uint32"},
      {"a_uint64", "uint64"},
      {"a_sint32", "int32"},
      {"a_sint64", "int64"},
      {"a_fixed32", "uint32"},
      {"a_fixed64", "uint64"},
      {"a_float", "float32"},
      {"a_double", "float64"},
      {"a_bool", "bool"},
      {"a_string", "string"},
      {"a_bytes", "[]uint8"},
      {"color", "Color"},
      {"size", "Everything_Size"},
      {"inner", "Everything_Inner"},
      {"numbers", "[]int64"},
      {"words", "[]string"},
      {"inners", "[]Everything_Inner"},
      {"colors", "[]Color"},
      {"counts", "map[string]int64"},
      {"by_id", "map[int32]Everything_Inner"},
      {"choice_text", "string"},
      {"maybe", "int32"},
      {"renamed", "string"},
  };
  for (const auto& row : rows)
    CAF_CHECK_EQUAL(field(x, row.name).type, row.type);
  CAF_CHECK_EQUAL(x.values.front().name, "an_int32");
}

CAF_TEST(trees end at the third level and within lists) {
  auto x = describe(*test::Everything::descriptor(), "top");
  CAF_CHECK_EQUAL(text_of(field(x, "inner")),
                  "inner Everything_Inner(user_name string, more Everything)");
  CAF_CHECK(field(x, "inners").values.empty());
  CAF_CHECK(field(x, "by_id").values.empty());
  CAF_CHECK(describe(*test::Nothing::descriptor(), "n").values.empty());
}

CAF_TEST(Go names follow protoc-gen-go) {
  struct row {
    std::string in;
    std::string out;
  };
  std::vector<row> rows{
      {"HelloRequest", "HelloRequest"},
      {"hello_request", "HelloRequest"},
      {"_x", "XX"},
      {"item2d", "Item2D"},
      {"a_B", "A_B"},
      {"Outer.Inner", "Outer_Inner"},
      {"outer.inner", "OuterInner"},
      {"x_", "X_"},
      {"a_1", "A_1"},
      {"", ""},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(go_camel_case(x.in), x.out);
}
