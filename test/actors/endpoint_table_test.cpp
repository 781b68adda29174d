#define CAF_SUITE endpoint_table

#include "server/endpoint_table.hpp"

#include <google/protobuf/empty.pb.h>

#include <caf/test/unit_test.hpp>

#include <array>

using mica::detail::endpoint_table;
using mica::detail::owner;

namespace {

using strings = std::vector<std::string>;

const auto& nothing = google::protobuf::Empty::default_instance();

const std::array<mica::method_descriptor, 2> greeter_methods{{
    {"Hello", "Greeter.Hello", &nothing, &nothing},
    {"Bye", "Greeter.Bye", &nothing, &nothing},
}};

const mica::service_descriptor greeter{"Greeter", "demo", greeter_methods};
const mica::service_descriptor other_greeter{"Greeter", "demo.v2", greeter_methods};
const mica::service_descriptor bare_greeter{"Greeter", "", greeter_methods};

/// `handler.method`, or "none".
std::string found(const endpoint_table& in, std::string_view service,
                  std::string_view endpoint) {
  const auto* target = in.find(service, endpoint);
  return target ? std::to_string(target->handler) + "." + std::to_string(target->method)
                : "none";
}

} // namespace

CAF_TEST(an endpoint is found whatever stands in front of it) {
  endpoint_table table;
  CAF_REQUIRE(table.add(greeter, 3, false, owner::program));
  for (const char* service : {"", "demo.Greeter", "go.micro.srv.Greeter", "other"}) {
    CAF_CHECK_EQUAL(found(table, service, "Greeter.Hello"), "3.0");
    CAF_CHECK_EQUAL(found(table, service, "Greeter.Bye"), "3.1");
    CAF_CHECK_EQUAL(found(table, service, "Greeter.Hullo"), "none");
  }
}

CAF_TEST(two handlers of a program may not share an endpoint and the first one stays) {
  endpoint_table table;
  CAF_REQUIRE(table.add(greeter, 0, false, owner::program));
  auto twice = table.add(other_greeter, 1, false, owner::program);
  CAF_REQUIRE(!twice);
  CAF_CHECK(twice.error().reason == mica::errc::conflict);
  CAF_CHECK_EQUAL(twice.error().detail,
                  "endpoint Greeter.Hello has two handlers; remove one");
  CAF_CHECK_EQUAL(found(table, "demo.v2.Greeter", "Greeter.Hello"), "0.0");
  CAF_CHECK_EQUAL(table.names(), (strings{"Greeter.Bye", "Greeter.Hello"}));
}

CAF_TEST(packages that share an endpoint are told apart by who says his) {
  endpoint_table table;
  CAF_REQUIRE(table.add(greeter, 0, true, owner::built_in));
  CAF_REQUIRE(table.add(other_greeter, 1, true, owner::built_in));
  CAF_CHECK_EQUAL(found(table, "demo.Greeter", "Greeter.Bye"), "0.1");
  CAF_CHECK_EQUAL(found(table, "demo.v2.Greeter", "Greeter.Bye"), "1.1");
  CAF_CHECK_EQUAL(found(table, "demo.v3.Greeter", "Greeter.Bye"), "0.1");
  CAF_CHECK_EQUAL(found(table, "", "Greeter.Bye"), "0.1");
}

CAF_TEST(a handler of the program wins whichever came first) {
  for (bool early : {false, true}) {
    endpoint_table table;
    if (early)
      CAF_REQUIRE(table.add(bare_greeter, 7, false, owner::program));
    CAF_REQUIRE(table.add(greeter, 0, true, owner::built_in));
    CAF_REQUIRE(table.add(other_greeter, 1, true, owner::built_in));
    if (!early)
      CAF_REQUIRE(table.add(bare_greeter, 7, false, owner::program));
    CAF_CHECK_EQUAL(found(table, "", "Greeter.Hello"), "7.0");
    CAF_CHECK_EQUAL(found(table, "Greeter", "Greeter.Hello"), "7.0");
    CAF_CHECK_EQUAL(found(table, "demo.Greeter", "Greeter.Hello"), "0.0");
    CAF_CHECK_EQUAL(found(table, "demo.v2.Greeter", "Greeter.Hello"), "1.0");
    CAF_CHECK_EQUAL(table.advertised().size(), 2u);
  }
}

CAF_TEST(a handler of the program in the same package leaves nothing of ours) {
  endpoint_table table;
  CAF_REQUIRE(table.add(greeter, 0, true, owner::built_in));
  CAF_REQUIRE(table.add(greeter, 7, false, owner::program));
  CAF_CHECK_EQUAL(found(table, "demo.Greeter", "Greeter.Hello"), "7.0");
  CAF_CHECK_EQUAL(found(table, "", "Greeter.Hello"), "7.0");
}

CAF_TEST(internal endpoints are found but not advertised) {
  endpoint_table table;
  CAF_REQUIRE(table.add(greeter, 0, true, owner::program));
  CAF_CHECK_EQUAL(found(table, "", "Greeter.Hello"), "0.0");
  CAF_CHECK(table.advertised().empty());
  CAF_CHECK(table.names().empty());
}
