// The examples of docs/wire/http2.md, at every slicing.

#define CAF_SUITE http2_document

#include "server_fixture.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <fstream>
#include <regex>
#include <sstream>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

namespace {

struct row {
  std::string bytes;
  std::string what;
  std::string outcome;
};

std::string from_hex(const std::string& text) {
  std::string digits;
  for (auto c : text)
    if (c != ' ' && c != ',')
      digits += c;
  std::string result;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    result += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return result;
}

std::vector<row> rows_of_page() {
  std::ifstream in{mica::test::source_path("docs/wire/http2.md")};
  std::stringstream all;
  all << in.rdbuf();
  auto page = all.str();
  std::regex line{R"(\| `([0-9a-f ,]+)` \| (\w+) \| (\w*) ?\|)"};
  std::vector<row> result;
  for (std::sregex_iterator i{page.begin(), page.end(), line}, end; i != end; ++i)
    result.push_back({from_hex((*i)[1]), (*i)[2], (*i)[3]});
  return result;
}

const char* const names[] = {"NO_ERROR",           "PROTOCOL_ERROR",   "INTERNAL_ERROR",
                             "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
                             "FRAME_SIZE_ERROR",   "REFUSED_STREAM",   "CANCEL",
                             "COMPRESSION_ERROR"};

struct document_fixture : server_fixture {
  /// What and outcome, as the page says them.
  row read(const std::string& bytes, size_t slice) {
    restart();
    std::string output;
    for (std::string_view left = bytes; !left.empty();
         left.remove_prefix(std::min(slice, left.size()))) {
      server.receive(left.substr(0, slice), now);
      output += written(server);
    }
    auto frames = wire::frames(output);
    auto farewell = wire::first(frames, wire::goaway);
    if (farewell.what == wire::goaway)
      return {{}, "connection", names[farewell.error()]};
    auto reset = wire::first(frames, wire::rst_stream, 1);
    if (reset.what == wire::rst_stream)
      return {{}, "stream", names[reset.error()]};
    CAF_CHECK(!server.failure());
    return {{},
            at_server.of[1].wholes == 1 ? "request" : "nothing",
            at_server.of[1].request.body};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http2_document_tests, document_fixture)

  CAF_TEST(the page says what is read and refused) {
    auto rows = rows_of_page();
    CAF_CHECK(rows.size() > 30);
    for (const auto& expected : rows)
      for (size_t slice = 1; slice <= expected.bytes.size(); ++slice) {
        auto got = read(expected.bytes, slice);
        CAF_REQUIRE_EQUAL(got.what + ' ' + got.outcome,
                          expected.what + ' ' + expected.outcome);
      }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
