// What real Go Micro programs said to each other; captures/README.md lists it.

#define CAF_SUITE http2_captures

#include "pair.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <fstream>
#include <iterator>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

std::string capture(const std::string& name) {
  std::ifstream in{mica::test::source_path("test/net/http2/captures/") + name + ".h2",
                   std::ios::binary};
  if (!in)
    throw std::runtime_error{"cannot read " + name};
  return {std::istreambuf_iterator<char>{in}, {}};
}

const std::string calls[] = {"grpc-v2-unary",     "grpc-v2-json",
                             "grpc-v2-two-calls", "grpc-v2-error",
                             "grpc-v2-nomethod",  "grpc-v1-client-unary"};

const std::string streams[] = {"grpc-v2-server-stream", "grpc-v2-bidi",
                               "grpc-v2-bidi-error"};

/// Takes every stream in pieces.
struct all_in_pieces : server_record {
  bool on_head(int32_t id, http_request& head) override {
    ++of[id].heads;
    of[id].request = std::move(head);
    return true;
  }
};

struct captures_fixture : pair_fixture {
  /// Reads what a client sent, and answers nothing.
  template <class Record>
  std::map<int32_t, told> served(const std::string& bytes, size_t slice) {
    Record record;
    http2::server_session session{limits, limits2, record};
    feed(session, bytes, slice);
    CAF_CHECK(!session.failure());
    return std::move(record.of);
  }

  /// Reads what a server sent to two whole requests or streams.
  std::map<int32_t, told> called(const std::string& bytes, size_t slice, bool whole) {
    client_record record;
    http2::client_session session{limits, limits2, record};
    for (int i = 0; i < 2; ++i)
      CAF_REQUIRE(whole ? session.request(post("/", "x"), "http")
                        : session.open(post("/", ""), "http"));
    written(session);
    feed(session, bytes, slice);
    CAF_CHECK(!session.failure());
    return std::move(record.of);
  }
};

std::string field(const metadata& fields, const char* name) {
  return std::string{fields.get_or(name, "(none)")};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_captures_tests, captures_fixture)

  CAF_TEST(calls of Go clients are read at every slice size) {
    for (const auto& name : calls) {
      CAF_MESSAGE(name);
      auto bytes = capture(name + ".c2s");
      for (size_t slice = 1; slice <= bytes.size(); ++slice) {
        auto got = served<server_record>(bytes, slice);
        CAF_REQUIRE_EQUAL(got.size(), name == "grpc-v2-two-calls" ? 2u : 1u);
        for (const auto& [id, x] : got) {
          CAF_REQUIRE_EQUAL(x.wholes, 1);
          CAF_REQUIRE_EQUAL(x.request.method, "POST"s);
          CAF_REQUIRE(x.request.target.starts_with("/"));
          CAF_REQUIRE(
              field(x.request.fields, "content-type").starts_with("application/grpc"));
          CAF_REQUIRE(field(x.request.fields, "host").starts_with("127.0.0.1:"));
          CAF_REQUIRE_EQUAL(field(x.request.fields, "te"), "(none)"s);
          CAF_REQUIRE(x.request.body.size() > 5);
        }
      }
    }
  }

  CAF_TEST(a call of Go Micro reads as its documentation says) {
    auto got = served<server_record>(capture("grpc-v2-unary.c2s"), 1000);
    const auto& request = got[1].request;
    CAF_CHECK_EQUAL(request.target, "/greeter.Greeter/Hello"s);
    CAF_CHECK_EQUAL(request.body, "\0\0\0\0\6\n\4John"s);
    CAF_CHECK(field(request.fields, "grpc-timeout") != "(none)");
    got = served<server_record>(capture("grpc-v2-service-client.c2s"), 1000);
    CAF_CHECK(field(got[1].request.fields, "micro-from-service") != "(none)");
  }

  CAF_TEST(streams of Go clients are read at every slice size) {
    for (const auto& name : streams) {
      CAF_MESSAGE(name);
      auto bytes = capture(name + ".c2s");
      auto whole = served<all_in_pieces>(bytes, bytes.size());
      for (size_t slice = 1; slice <= bytes.size(); ++slice) {
        auto got = served<all_in_pieces>(bytes, slice);
        CAF_REQUIRE_EQUAL(got.size(), 1u);
        CAF_REQUIRE_EQUAL(got[1].data, whole[1].data);
        CAF_REQUIRE(got[1].data.size() > 5);
      }
    }
  }

  CAF_TEST(answers of Go services are read at every slice size) {
    for (const auto& name : calls) {
      CAF_MESSAGE(name);
      auto bytes = capture(name + ".s2c");
      for (size_t slice = 1; slice <= bytes.size(); ++slice) {
        auto got = called(bytes, slice, true);
        const auto& answer = got[1].response;
        CAF_REQUIRE_EQUAL(got[1].wholes, 1);
        CAF_REQUIRE_EQUAL(answer.status, 200);
        auto status = field(answer.trailers, "grpc-status");
        if (status == "(none)")
          status = field(answer.fields, "grpc-status");
        bool good = name != "grpc-v2-error" && name != "grpc-v2-nomethod";
        CAF_REQUIRE_EQUAL(status == "0", good);
        CAF_REQUIRE_EQUAL(answer.body.size() > 5, good);
      }
    }
  }

  CAF_TEST(streams of Go services are read at every slice size) {
    for (const auto& name : streams) {
      CAF_MESSAGE(name);
      auto bytes = capture(name + ".s2c");
      auto whole = called(bytes, bytes.size(), false);
      for (size_t slice = 1; slice <= bytes.size(); ++slice) {
        auto got = called(bytes, slice, false);
        CAF_REQUIRE_EQUAL(got[1].heads, 1);
        CAF_REQUIRE_EQUAL(got[1].failures, 0);
        CAF_REQUIRE_EQUAL(got[1].data, whole[1].data);
        // One client went before the end.
        bool ended = name != "grpc-v2-bidi";
        CAF_REQUIRE_EQUAL(got[1].ends == 1, ended);
        CAF_REQUIRE_EQUAL(got[1].trailers.contains("grpc-status"), ended);
      }
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
