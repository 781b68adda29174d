#define CAF_SUITE protoc_names

#include "protoc/names.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::protoc;

CAF_TEST(words begin at a capital letter and end before the last one of an acronym) {
  CAF_CHECK_EQUAL(snake_case("SayHello"), "say_hello");
  CAF_CHECK_EQUAL(snake_case("GetHTTPStatus"), "get_http_status");
  CAF_CHECK_EQUAL(snake_case("HTTPGet"), "http_get");
  CAF_CHECK_EQUAL(snake_case("GetHTTP"), "get_http");
  CAF_CHECK_EQUAL(snake_case("V2Get"), "v2_get");
  CAF_CHECK_EQUAL(snake_case("Get2"), "get2");
  CAF_CHECK_EQUAL(snake_case("X"), "x");
  CAF_CHECK_EQUAL(snake_case("ABC"), "abc");
  CAF_CHECK_EQUAL(snake_case("lowerCamel"), "lower_camel");
}

CAF_TEST(underscores stay but never two in a row) {
  CAF_CHECK_EQUAL(snake_case("say_hello"), "say_hello");
  CAF_CHECK_EQUAL(snake_case("Say_Hello"), "say_hello");
  CAF_CHECK_EQUAL(snake_case("Say__Hello"), "say_hello");
  CAF_CHECK_EQUAL(snake_case("_Hidden"), "_hidden");
  CAF_CHECK_EQUAL(snake_case("Trailing_"), "trailing_");
}

CAF_TEST(the suffix of a service is not doubled) {
  CAF_CHECK_EQUAL(service_stem("Greeter"), "greeter");
  CAF_CHECK_EQUAL(service_stem("GreeterService"), "greeter");
  CAF_CHECK_EQUAL(service_stem("greeter_service"), "greeter");
  CAF_CHECK_EQUAL(service_stem("Service"), "service");
  CAF_CHECK_EQUAL(service_stem("Microservice"), "microservice");
}

// golang/protobuf, protoc-gen-go/generator: what CamelCase does with each kind.
CAF_TEST(services get the names that Go gives them) {
  CAF_CHECK_EQUAL(go_camel_case("Greeter"), "Greeter");
  CAF_CHECK_EQUAL(go_camel_case("greeter"), "Greeter");
  CAF_CHECK_EQUAL(go_camel_case("say_hello"), "SayHello");
  CAF_CHECK_EQUAL(go_camel_case("_x"), "XX");
  CAF_CHECK_EQUAL(go_camel_case("_X"), "XX");
  CAF_CHECK_EQUAL(go_camel_case("Foo_Bar"), "Foo_Bar");
  CAF_CHECK_EQUAL(go_camel_case("foo_2bar"), "Foo_2Bar");
  CAF_CHECK_EQUAL(go_camel_case("a1b"), "A1B");
  CAF_CHECK_EQUAL(go_camel_case("end_"), "End_");
  CAF_CHECK_EQUAL(go_camel_case(""), "");
}

CAF_TEST(keywords and macros are known) {
  for (auto word : {"delete", "xor_eq", "NULL", "co_await", "requires", "alignas"})
    CAF_CHECK(is_keyword(word));
  for (auto word : {"hello", "Delete", "", "override", "final"})
    CAF_CHECK(!is_keyword(word));
  CAF_CHECK(is_common_macro("errno"));
  CAF_CHECK(is_common_macro("linux"));
  CAF_CHECK(!is_common_macro("stdlib"));
  CAF_CHECK(is_base_member("invoke"));
  CAF_CHECK(!is_base_member("hello"));
}
