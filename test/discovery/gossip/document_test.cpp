#define CAF_SUITE gossip.document

#include "gossip/stream.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <cctype>
#include <fstream>
#include <map>
#include <sstream>

using namespace mica::discovery::gossip;

namespace {

/// The bytes of the block `hex NAME` of docs/wire/gossip.md: pairs of digits at the
/// start of each line; the text behind two blanks and more is a comment.
std::string bytes_of(const std::string& name) {
  std::ifstream in{mica::test::source_path("docs/wire/gossip.md")};
  CAF_REQUIRE(in);
  std::string line;
  std::string result;
  auto open = false;
  while (std::getline(in, line)) {
    if (line.rfind("```", 0) == 0) {
      open = line == "```hex " + name;
      continue;
    }
    for (size_t i = 0; open && i + 1 < line.size(); i += 3) {
      auto pair = line.substr(i, 2);
      if (!std::isxdigit(static_cast<unsigned char>(pair[0])))
        break;
      result += static_cast<char>(std::stoi(pair, nullptr, 16));
    }
  }
  CAF_REQUIRE(!result.empty());
  return result;
}

wire_options plain() {
  wire_options result;
  result.compress = false;
  return result;
}

const std::string localhost{"\x7f\0\0\1", 4};

} // namespace

CAF_TEST(the ping of the document is the one that is written) {
  auto bytes = bytes_of("ping");
  auto written = write(ping{1, "a", {localhost, 17'947, "b"}});
  CAF_CHECK(bytes == written);
  CAF_CHECK(unpack(bytes, plain())->broken == 0u);
}

CAF_TEST(the alive message of the document is the one that is written) {
  auto bytes = bytes_of("alive");
  auto written =
      pack({write(alive{2, "b", localhost, 17'947, "meta-b2", {1, 5, 2, 0, 0, 0}})},
           true, plain());
  CAF_REQUIRE(written);
  CAF_CHECK(bytes == *written);
  CAF_CHECK(unpack(bytes, plain()).has_value());
}

CAF_TEST(the state exchange of the document is the one that is written) {
  auto bytes = bytes_of("push-pull");
  push_pull state{
      true, {{"a", localhost, 17'946, {}, 1, member_state::alive, own_versions}}, "{}"};
  auto written = write(state);
  CAF_CHECK(bytes == written);
  auto options = plain();
  stream_reader reader{options};
  auto read = reader.feed(bytes);
  CAF_REQUIRE(read && *read);
  CAF_CHECK(**read == stream_message{state});
}
