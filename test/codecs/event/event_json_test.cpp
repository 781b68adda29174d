#define CAF_SUITE event_json

#include "mica/codecs/event_json.hpp"

#include "../http_text.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;

namespace {

event_json parsed(std::string_view text, const event_json_limits& limits = {}) {
  auto result = read_event_json(text, limits);
  if (!result)
    CAF_FAIL("refused: " << result.error().detail);
  return *result;
}

std::string refusal(std::string_view text, const event_json_limits& limits = {}) {
  auto result = read_event_json(text, limits);
  if (result)
    CAF_FAIL("accepted: " << text);
  return result.error().detail;
}

errc reason(std::string_view text, const event_json_limits& limits) {
  auto result = read_event_json(text, limits);
  return result ? errc::none : result.error().reason;
}

std::string header(const event_json& x, std::string_view name) {
  return std::string{x.headers.get_or(name, "none")};
}

void check_capture(const std::string& name) {
  auto requests = test::captured_requests(name);
  CAF_REQUIRE_EQUAL(requests.size(), 1u);
  auto event = parsed(requests[0].body);
  CAF_CHECK_EQUAL(header(event, "Content-Type"), "application/protobuf");
  CAF_CHECK_EQUAL(header(event, "Micro-Topic"), "events");
  CAF_CHECK_EQUAL(header(event, "Micro-From-Service"), "lab.pub");
  CAF_CHECK_EQUAL(event.body.substr(0, 9), "\n\aevent-0");
  CAF_CHECK_EQUAL(write_event_json(event.headers, event.body), requests[0].body);
}

} // namespace

CAF_TEST(an event of Go Micro v2.9.1 is read and written to the same bytes) {
  check_capture("broker-http-v2-publish");
}

CAF_TEST(an event of Go Micro v1.18.0 is read and written to the same bytes) {
  check_capture("broker-http-v1-publish");
  auto request = test::captured_requests("broker-http-v1-publish").at(0);
  CAF_CHECK_EQUAL(header(parsed(request.body), ":topic"), "events");
}

CAF_TEST(headers are written in byte order and escaped as Go does) {
  metadata headers{{"b", "<&>"}, {"B", "lost: the same name"}, {"A", "\"\n"}};
  CAF_CHECK_EQUAL(
      write_event_json(headers, "hello"),
      R"({"Header":{"A":"\"\n","b":"\u003c\u0026\u003e"},"Body":"aGVsbG8="})");
}

CAF_TEST(nothing is written as null and read from null or from nowhere) {
  CAF_CHECK_EQUAL(write_event_json({}, {}), R"({"Header":null,"Body":null})");
  for (auto text : {R"({"Header":null,"Body":null})", "{}", "null",
                    R"( { "Header" : {} , "Body" : "" } )"}) {
    auto event = parsed(text);
    CAF_CHECK(event.headers.empty());
    CAF_CHECK(event.body.empty());
  }
}

CAF_TEST(members are found in any case and order and others are skipped) {
  auto event =
      parsed(R"({"x":[{"Body":1}],"BODY":"aGk=","header":{"a":"1","b":null}})");
  CAF_CHECK_EQUAL(event.body, "hi");
  CAF_CHECK_EQUAL(header(event, "a"), "1");
  CAF_CHECK_EQUAL(header(event, "b"), "");
}

CAF_TEST(line breaks within base64 do not matter) {
  CAF_CHECK_EQUAL(parsed(R"({"Body":"aGVs\r\nbG8="})").body, "hello");
}

CAF_TEST(what is no event is refused with its place) {
  CAF_CHECK_EQUAL(refusal(""), "event: line 1, column 1: expected an object with "
                               "Header and Body");
  CAF_CHECK_EQUAL(refusal("[]"), "event: line 1, column 1: expected an object with "
                                 "Header and Body");
  CAF_CHECK_EQUAL(refusal(R"({"Header":[]})"),
                  "event: line 1, column 11: Header: expected an object of strings");
  CAF_CHECK_EQUAL(refusal(R"({"Header":{"a":1}})"),
                  "event: line 1, column 16: Header.a: expected a string");
  CAF_CHECK_EQUAL(refusal(R"({"Body":[1]})"),
                  "event: line 1, column 9: Body: expected a string in base64");
  CAF_CHECK_EQUAL(refusal(R"({"Body":"a!"})"),
                  "event: line 1, column 9: Body: not base64");
  CAF_CHECK_EQUAL(refusal("{} {}"), "event: line 1, column 4: more text after the "
                                    "value");
  CAF_CHECK_EQUAL(refusal(R"({"Body":"aGk=")"),
                  "event: line 1, column 15: the text ends before '}'");
}

CAF_TEST(text that is cut anywhere is refused) {
  auto text =
      write_event_json({{"Micro-Topic", "events"}, {"k", "\xc3\xa4\t"}}, "body");
  for (size_t size = 0; size < text.size(); ++size)
    CAF_CHECK(!read_event_json(text.substr(0, size)));
}

CAF_TEST(limits are kept to the byte and named) {
  auto text = write_event_json({{"name", "value"}, {"x", "y"}}, "12345");
  event_json_limits exact{5, 11, 2};
  CAF_CHECK_EQUAL(parsed(text, exact).body, "12345");
  event_json_limits body{4, 11, 2};
  CAF_CHECK_EQUAL(refusal(text, body),
                  "event: more than 4 (event_json_limits::body_bytes)");
  event_json_limits bytes{5, 10, 2};
  CAF_CHECK_EQUAL(refusal(text, bytes),
                  "event: more than 10 (event_json_limits::header_bytes)");
  event_json_limits fields{5, 11, 1};
  CAF_CHECK_EQUAL(refusal(text, fields),
                  "event: more than 1 (event_json_limits::header_fields)");
  CAF_CHECK(reason(text, body) == errc::limit_exceeded);
  CAF_CHECK(reason("[", exact) == errc::invalid_argument);
}

CAF_TEST(deep nesting is refused and not recursed into) {
  auto text = R"({"x":)" + std::string(100'000, '[');
  CAF_CHECK(refusal(text).find("nested deeper than 100 levels") != std::string::npos);
}
