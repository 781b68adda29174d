#define CAF_SUITE http_broker_wire

#include "broker/http/wire.hpp"

#include "codecs/http_text.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::broker::http;

namespace {

http_request captured(const std::string& name) {
  return test::captured_requests(name).at(0);
}

incoming read(http_request request) {
  auto result = read_request(std::move(request), {});
  if (!result)
    CAF_FAIL("refused: " << to_string(result.error()));
  return *result;
}

error refusal(http_request request, const event_json_limits& limits = {}) {
  auto result = read_request(std::move(request), limits);
  if (result)
    CAF_FAIL("accepted");
  return result.error();
}

http_request post(std::string target, std::string body) {
  http_request result;
  result.method = "POST";
  result.target = std::move(target);
  result.body = std::move(body);
  return result;
}

std::string header(const event& x, std::string_view name) {
  return std::string{x.headers.get_or(name, "none")};
}

// Reads what Go Micro sent and writes it again, as we would publish it.
void check_capture(const std::string& name, generation speaks) {
  auto request = captured(name);
  auto event = read(request);
  CAF_CHECK_EQUAL(event.what->topic, "events");
  CAF_CHECK_EQUAL(header(*event.what, "Micro-Topic"), "events");
  CAF_CHECK_EQUAL(header(*event.what, ":topic"), "none");
  CAF_CHECK_EQUAL(header(*event.what, "Micro-From-Service"), "lab.pub");
  auto host = std::string{request.fields.get_or("Host", {})};
  auto ours =
      write_request(speaks, event.subscription, host, write_body(*event.what, speaks));
  // We can't unpack an answer in gzip, and say so by saying nothing.
  request.fields.erase("Accept-Encoding");
  CAF_CHECK_EQUAL(test::text_of(ours), test::text_of(request));
}

} // namespace

CAF_TEST(an event of Go Micro v2.9.1 is read and written to the same bytes) {
  check_capture("broker-http-v2-publish", generation::v2);
}

CAF_TEST(an event of Go Micro v1.18.0 is read and written to the same bytes) {
  check_capture("broker-http-v1-publish", generation::v1);
}

CAF_TEST(success is an empty 200 as Go Micro answers) {
  auto theirs = test::captured_responses("broker-http-v2-publish").at(0);
  auto ours = accepted();
  CAF_CHECK_EQUAL(ours.status, theirs.status);
  CAF_CHECK_EQUAL(ours.body, theirs.body);
  CAF_CHECK(read_response(theirs));
}

CAF_TEST(other methods than POST answer 405 as Go Micro does) {
  http_request get;
  get.method = "GET";
  get.target = "/";
  auto response = refused(refusal(get));
  CAF_CHECK_EQUAL(response.status, 405);
  CAF_CHECK_EQUAL(response.body,
                  R"({"id":"go.micro.broker","code":405,"detail":"Method not allowed",)"
                  R"("status":"Method Not Allowed"})");
}

CAF_TEST(a body that is no event answers 500 as Go Micro does) {
  auto response = refused(refusal(post("/?id=x", "{")));
  CAF_CHECK_EQUAL(response.status, 500);
  CAF_CHECK_EQUAL(response.body,
                  R"({"id":"go.micro.broker","code":500,"detail":"Error parsing )"
                  R"(request body: event: line 1, column 2: the text ends before )"
                  R"('}'","status":"Internal Server Error"})");
}

CAF_TEST(an event without a topic answers 500 as Go Micro does) {
  auto why = refusal(post("/?id=x", R"({"Header":{},"Body":null})"));
  CAF_CHECK_EQUAL(why.code, 500);
  CAF_CHECK_EQUAL(why.detail, "Topic not found");
}

CAF_TEST(other paths answer 404) {
  CAF_CHECK_EQUAL(refusal(post("/other?id=x", "{}")).code, 404);
}

CAF_TEST(an event beyond the limits answers 413 and names the limit) {
  auto why = refusal(post("/?id=x", R"({"Body":"aGVsbG8="})"), {4, 10, 10});
  CAF_CHECK_EQUAL(why.code, 413);
  CAF_CHECK(why.detail.find("body_bytes") != std::string::npos);
}

CAF_TEST(the older name of the topic goes before the newer one) {
  auto body = R"({"Header":{":topic":"old","Micro-Topic":"new"},"Body":null})";
  auto event = read(post("/_sub?id=x", body));
  CAF_CHECK_EQUAL(event.what->topic, "old");
}

CAF_TEST(ids with any characters come through the query) {
  std::string id = "a b&c=d/%\xc3\xa4+~";
  CAF_CHECK_EQUAL(escape_query(id), "a+b%26c%3Dd%2F%25%C3%A4%2B~");
  auto request = write_request(generation::v2, id, "h", "");
  request.target += "&other=1";
  request.body = R"({"Header":{"Micro-Topic":"t"}})";
  CAF_CHECK_EQUAL(read(request).subscription, id);
  CAF_CHECK_EQUAL(unescape_query("%"), "%");
  CAF_CHECK_EQUAL(unescape_query("%4"), "%4");
  CAF_CHECK_EQUAL(unescape_query("%zz%41"), "%zzA");
}

CAF_TEST(a refusal is read again as the error that it was) {
  auto told = read_response(refused({503, "slow"}));
  CAF_REQUIRE(!told);
  CAF_CHECK_EQUAL(told.error().code, 503);
  CAF_CHECK_EQUAL(told.error().detail, "slow");
}

CAF_TEST(an answer of another kind of server is an error with its status) {
  http_response response;
  response.status = 502;
  response.body = "bad gateway";
  auto told = read_response(response);
  CAF_REQUIRE(!told);
  CAF_CHECK_EQUAL(told.error().code, 502);
  CAF_CHECK_EQUAL(told.error().detail, "HTTP 502: bad gateway");
}
