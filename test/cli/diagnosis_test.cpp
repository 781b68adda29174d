#define CAF_SUITE diagnosis

#include "cli/diagnosis.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>

using namespace mica::cli;
using namespace std::string_literals;
using mica::detail::dialect;
using mica::detail::route;
using mica::net::http_version;

namespace {

using names = std::vector<std::string>;

const route plain_mucp{{"127.0.0.1:1", http_version::http1, false}, dialect::mucp};
const route plain_grpc{{"127.0.0.1:1", http_version::http2, false}, dialect::grpc};
const route secure_grpc{{"127.0.0.1:1", http_version::http2, true}, dialect::grpc};

bool says(const finding& x, const char* part) {
  return x.text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(names that were meant are found whatever the slip) {
  names known{"greeter", "Hello", "go.micro.srv.echo", "consul", "greeter.v2"};
  CAF_CHECK_EQUAL(similar_names("greter", known), names{"greeter"});
  CAF_CHECK_EQUAL(similar_names("geretter", known), names{"greeter"});
  CAF_CHECK_EQUAL(similar_names("hello", known), names{"Hello"});
  CAF_CHECK_EQUAL(similar_names("echo", known), names{"go.micro.srv.echo"});
  CAF_CHECK_EQUAL(similar_names("go.micro.srv.greeter", known), names{"greeter"});
  CAF_CHECK_EQUAL(similar_names("payment", known), names{});
  // What is there is not similar to itself.
  CAF_CHECK_EQUAL(similar_names("consul", known), names{});
}

CAF_TEST(the likeliest names come first and are few) {
  names known{"worker4", "worker1", "worker", "Worker5", "worker2"};
  CAF_CHECK_EQUAL(similar_names("worker5", known),
                  (names{"Worker5", "worker", "worker1"}));
}

CAF_TEST(names without end cost nothing) {
  auto huge = std::string(100'000, 'x');
  CAF_CHECK_EQUAL(similar_names(huge, {huge + "y", "x"}), names{});
  CAF_CHECK_EQUAL(similar_names("", {"a", "greeter"}), names{"a"});
}

CAF_TEST(answers are told apart by their first bytes) {
  using kind = answer_kind;
  CAF_CHECK(kind_of("\x16\x03\x03\x00\x5a"s) == kind::tls_hello);
  CAF_CHECK(kind_of("\x15\x03\x01\x00\x02"s) == kind::tls_alert);
  CAF_CHECK(kind_of("HTTP/1.1 200 OK") == kind::http1);
  CAF_CHECK(kind_of("HTTP/1.0 400 Bad Request") == kind::http1_refused);
  CAF_CHECK(kind_of("HTTP/1.1 404 Not Found") == kind::http1_refused);
  CAF_CHECK(kind_of("HTTP/1.") == kind::http1_refused);
  CAF_CHECK(kind_of("\0\0\x06\x04\0\0\0\0\0"s) == kind::http2);
  // Cut short, of another type, on another stream.
  CAF_CHECK(kind_of("\0\0\x06\x04\0\0\0\0"s) == kind::none);
  CAF_CHECK(kind_of("\0\0\x06\x07\0\0\0\0\0"s) == kind::none);
  CAF_CHECK(kind_of("\0\0\x06\x04\0\0\0\0\x01"s) == kind::none);
  CAF_CHECK(kind_of("220 mail.example ESMTP") == kind::none);
  CAF_CHECK(kind_of("\x16"s) == kind::none);
  CAF_CHECK(kind_of("") == kind::none);
}

CAF_TEST(TLS on one side alone is a failure that names the flag) {
  CAF_CHECK(judge_tls(secure_grpc, true, {.tls = true}).what == verdict::ok);
  CAF_CHECK(judge_tls(plain_grpc, false, {.http2 = true}).what == verdict::ok);
  auto missing = judge_tls(plain_grpc, false, {.tls = true});
  CAF_CHECK(missing.what == verdict::fail);
  CAF_CHECK(says(missing, "--client_tls"));
  auto too_much = judge_tls(secure_grpc, true, {.http2 = true});
  CAF_CHECK(too_much.what == verdict::fail);
  CAF_CHECK(says(too_much, "leave the flag out"));
  auto announced = judge_tls(secure_grpc, false, {.http2 = true});
  CAF_CHECK(announced.what == verdict::fail);
  CAF_CHECK(says(announced, "secure=true"));
}

CAF_TEST(a version of HTTP that the node does not speak is a failure) {
  CAF_CHECK(judge_protocol(plain_mucp, {.http1 = true}).what == verdict::ok);
  CAF_CHECK(judge_protocol(plain_grpc, {.http2 = true}).what == verdict::ok);
  auto old = judge_protocol(plain_grpc, {.http1 = true});
  CAF_CHECK(old.what == verdict::fail);
  CAF_CHECK(says(old, "--client=mucp"));
  auto grpc_only = judge_protocol(plain_mucp, {.http2 = true});
  CAF_CHECK(grpc_only.what == verdict::fail);
  CAF_CHECK(says(grpc_only, "--client=grpc"));
  auto stranger = judge_protocol(plain_mucp, {});
  CAF_CHECK(stranger.what == verdict::fail);
  CAF_CHECK(says(stranger, "something else"));
}

CAF_TEST(a line begins with its verdict) {
  CAF_CHECK_EQUAL(to_string(finding{verdict::ok, "tls", "x"}), "ok    tls: x");
  CAF_CHECK_EQUAL(to_string(finding{verdict::fail, "tls", "x"}), "FAIL  tls: x");
  CAF_CHECK_EQUAL(to_string(finding{verdict::open, "tls", "x\ny"}), "?     tls: x y");
}
