#define CAF_SUITE error

#include "mica/codecs/error.hpp"
#include "mica/codecs/expected.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

CAF_TEST(the object is written as Go Micro v2 writes it) {
  CAF_CHECK_EQUAL(to_json(error{400, "name fail refused", "greeter"}),
                  R"({"id":"greeter","code":400,"detail":"name fail refused",)"
                  R"("status":"Bad Request"})");
  CAF_CHECK_EQUAL(to_json(error{}), "{}");
  CAF_CHECK_EQUAL(to_json(error{errc::timeout, ""}),
                  R"({"code":408,"status":"Request Timeout"})");
  CAF_CHECK_EQUAL(to_json(error{499, "a\"b\n<c>\xff", ""}),
                  R"({"code":499,"detail":"a\"b\n\u003cc\u003e\ufffd"})");
}

CAF_TEST(any text of a peer becomes a failure) {
  struct row {
    std::string text;
    int code;
    std::string id;
    std::string detail;
    errc reason;
  };
  std::vector<row> rows{
      {R"({"id":"g","code":404,"detail":"d","status":"Not Found"})", 404, "g", "d",
       errc::not_found},
      // v1.18 writes all keys, v2 leaves out what is zero; other keys do not matter.
      {R"({"id":"","code":0,"detail":"d","status":"","x":[1]})", 0, "", "d",
       errc::internal},
      {R"({"detail":"d"})", 0, "", "d", errc::internal},
      {R"({"code":200})", 200, "", "", errc::internal},
      {R"({"code":-5})", 500, "", "", errc::internal},
      {R"({"code":99999999999999999999})", 0, "", "", errc::internal},
      {R"({"code":"404","detail":5})", 0, "", "", errc::internal},
      {"plain failure", 0, "", "plain failure", errc::internal},
      {"{broken", 0, "", "{broken", errc::internal},
      {"[1]", 0, "", "[1]", errc::internal},
      {"", 0, "", "", errc::internal},
  };
  for (const auto& x : rows) {
    auto failure = parse_error(x.text);
    CAF_CHECK_EQUAL(failure.code, x.code);
    CAF_CHECK_EQUAL(failure.id, x.id);
    CAF_CHECK_EQUAL(failure.detail, x.detail);
    CAF_CHECK_EQUAL(to_string(failure.reason), to_string(x.reason));
    CAF_CHECK(static_cast<bool>(failure));
  }
}

CAF_TEST(deep nesting in an object does not harm) {
  auto failure = parse_error("{\"detail\":\"d\",\"x\":" + std::string(200000, '['));
  CAF_CHECK(static_cast<bool>(failure));
  auto closed = parse_error("{\"detail\":\"d\",\"x\":" + std::string(100000, '[')
                            + std::string(100000, ']') + '}');
  CAF_CHECK_EQUAL(closed.detail, "d");
}

CAF_TEST(statuses and codes lead to each other) {
  for (int i = 1; i <= 20; ++i) {
    auto code = static_cast<errc>(i);
    auto status = http_status(code);
    CAF_CHECK(status >= 400 && status < 600);
    CAF_CHECK(!reason_phrase(status).empty());
    // Whatever code a status leads to has that status again.
    CAF_CHECK_EQUAL(http_status(errc_from_status(status)), status);
  }
  CAF_CHECK(errc_from_status(418) == errc::invalid_argument);
  CAF_CHECK(errc_from_status(599) == errc::internal);
  CAF_CHECK_EQUAL(to_string(static_cast<errc>(200)), "unknown");
  CAF_CHECK_EQUAL(reason_phrase(777), "");
}

CAF_TEST(one line tells people who and what and why) {
  CAF_CHECK_EQUAL(to_string(error{400, "name missing", "greeter"}),
                  "greeter: 400 Bad Request: name missing");
  CAF_CHECK_EQUAL(to_string(parse_error("plain")), "plain");
  CAF_CHECK_EQUAL(to_string(error{errc::timeout, ""}), "408 Request Timeout: timeout");
}

CAF_TEST(an expected holds a value or an error) {
  expected<std::string> value = std::string{"x"};
  CAF_CHECK(value && *value == "x");
  expected<std::string> failure = error{errc::not_found, "no"};
  CAF_CHECK(!failure);
  CAF_CHECK_EQUAL(failure.error().detail, "no");
  CAF_CHECK(expected<void>{});
  CAF_CHECK(!expected<void>{error{errc::not_found, "no"}});
}
