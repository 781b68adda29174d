// What real Go Micro programs said to each other; captures/README.md lists it.

#define CAF_SUITE http1_captures

#include "session_io.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

std::string capture(const std::string& name) {
  return read_source_file("test/net/http1/captures/" + name + ".http");
}

/// Reads requests, answering each; "(refused)" in place of what is none.
std::vector<http_request> read_requests(const std::string& bytes, size_t size) {
  server_session session{http_limits{}};
  std::vector<http_request> result;
  for (size_t at = 0; at < bytes.size(); at += size) {
    session.receive(std::string_view{bytes}.substr(at, size));
    for (auto& x : requests_of(session)) {
      session.respond(x.sequence, {});
      result.push_back(std::move(x.request));
    }
  }
  if (session.refused() || session.state() != phase::idle)
    result.push_back({"(refused)", {}, {}, written(session)});
  return result;
}

const char* const client_captures[] = {
    "mucp-v2-unary.c2s",          "mucp-v2-json.c2s",
    "mucp-v2-three-calls.c2s",    "mucp-v2-empty-reply.c2s",
    "mucp-v2-server-stream.c2s",  "mucp-v1-bidi.c2s",
    "mucp-v1-error.c2s",          "mucp-v5-three-calls.c2s",
    "broker-http-v2-publish.c2s", "consul-v2-mucp-service.c2s"};

const char* const server_captures[] = {
    "mucp-v2-unary.s2c",         "mucp-v2-json.s2c",
    "mucp-v2-three-calls.s2c",   "mucp-v2-empty-reply.s2c",
    "mucp-v2-server-stream.s2c", "mucp-v1-bidi.s2c",
    "mucp-v1-error.s2c",         "mucp-v5-three-calls.s2c",
    "broker-http-v2-publish.s2c"};

} // namespace

CAF_TEST(what Go Micro clients write is read and written again as it was) {
  for (std::string name : client_captures) {
    auto bytes = capture(name);
    std::string again;
    for (auto& x : read_requests(bytes, bytes.size())) {
      client_session session{http_limits{}};
      session.send(std::move(x));
      again += written(session);
    }
    // Go frames an empty body as chunks, which is ours to read and not to write.
    for (size_t at;
         (at = bytes.find("Transfer-Encoding: chunked\r\n")) != std::string::npos;) {
      auto end = bytes.find("\r\n\r\n", at) + 4;
      CAF_REQUIRE_EQUAL(bytes.substr(end, 5), "0\r\n\r\n");
      bytes.erase(end, 5);
      bytes.replace(at, 28, "Content-Length: 0\r\n");
    }
    CAF_CHECK_EQUAL(name + again, name + bytes);
  }
}

CAF_TEST(a request of a Go Micro client is read alike at every slicing) {
  for (std::string name :
       {"mucp-v2-unary.c2s", "mucp-v2-three-calls.c2s", "mucp-v2-server-stream.c2s"}) {
    auto bytes = capture(name);
    auto whole = read_requests(bytes, bytes.size());
    at_every_slice_size(bytes, [&](size_t size) {
      auto sliced = read_requests(bytes, size);
      CAF_REQUIRE_EQUAL(sliced.size(), whole.size());
      for (size_t i = 0; i < whole.size(); ++i) {
        CAF_REQUIRE_EQUAL(sliced[i].method, whole[i].method);
        CAF_REQUIRE_EQUAL(sliced[i].body, whole[i].body);
        CAF_REQUIRE(sliced[i].fields == whole[i].fields);
      }
    });
  }
}

CAF_TEST(the fields of a Go Micro call are all there) {
  auto bytes = capture("mucp-v2-unary.c2s");
  auto requests = read_requests(bytes, bytes.size());
  CAF_REQUIRE_EQUAL(requests.size(), 1u);
  const auto& x = requests[0];
  CAF_CHECK_EQUAL(x.method + x.target, "POST/");
  CAF_CHECK_EQUAL(x.fields.size(), 11u);
  CAF_CHECK_EQUAL(x.fields.get_or("Micro-Endpoint", ""), "Greeter.Hello");
  CAF_CHECK_EQUAL(x.fields.get_or("Timeout", ""), "5000000000");
  CAF_CHECK_EQUAL(x.body, "\n\4John");
}

CAF_TEST(a request of ours equals that of a Go Micro client byte for byte) {
  http_request x;
  x.method = "POST";
  x.target = "/";
  x.fields = {{"Host", "127.0.0.1:7301"},
              {"User-Agent", "Go-http-client/1.1"},
              {"Accept", "application/protobuf"},
              {"Content-Type", "application/protobuf"},
              {"Micro-Endpoint", "Greeter.Hello"},
              {"Micro-From-Service", "lab.client"},
              {"Micro-Id", "0"},
              {"Micro-Method", "Greeter.Hello"},
              {"Micro-Service", "greeter"},
              {"Timeout", "5000000000"},
              {"X-Custom-Key", "Custom Value"}};
  x.body = "\n\4John";
  client_session session{http_limits{}};
  session.send(std::move(x));
  CAF_CHECK_EQUAL(written(session), capture("mucp-v2-unary.c2s"));
}

CAF_TEST(what Go Micro servers write is read at every slicing) {
  for (std::string name : server_captures) {
    auto messages = split_messages(capture(name));
    CAF_REQUIRE(!messages.empty());
    for (const auto& message : messages) {
      auto bytes = message.head + "\r\n" + message.body;
      at_every_slice_size(bytes, [&](size_t size) {
        client_session session{http_limits{}};
        http_request request;
        request.method = "POST";
        request.target = "/";
        session.send(std::move(request));
        written(session);
        feed(session, bytes, size);
        auto taken = session.take();
        CAF_REQUIRE(taken && *taken);
        CAF_REQUIRE_EQUAL((*taken)->status, 200);
        CAF_REQUIRE_EQUAL((*taken)->body, message.body);
        CAF_REQUIRE(session.ready());
        CAF_REQUIRE_EQUAL((*taken)->fields.get_or("Micro-Id", "(none)"),
                          field_of(message.head, "Micro-Id"));
      });
    }
  }
}
