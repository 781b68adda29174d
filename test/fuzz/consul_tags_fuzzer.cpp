// Consul tags, one a line: whatever they say, what was read is written and read again.
//
// A line like `t+{"a":"b"}` is packed first, so that JSON is reached without guessing
// zlib's checksums; any other line is a tag as it stands.

#include "consul/tags.hpp"

#include "invariant.hpp"

#include <string_view>

using namespace mica::discovery;
using namespace mica::discovery::consul;

namespace {

std::vector<std::string> tags_of(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() > 1 && line[1] == '+')
      tags.push_back(std::string{line[0], '-'} + to_hex_zlib(line.substr(2)));
    else
      tags.emplace_back(line);
  }
  return tags;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto tags = tags_of({reinterpret_cast<const char*>(data), size});
  auto read = decode_tags(tags);
  mica::fuzz::require(read.endpoints.size() + read.ignored.count() <= tags.size(),
                      "a tag is read or ignored, once");
  mica::fuzz::require(read.ignored.text().size() < 1'000, "reports are bounded");
  node x{"id", "h:1", read.metadata};
  auto again =
      decode_tags(encode_tags({"s", read.version, {}, read.endpoints, {x}}, x));
  mica::fuzz::require(again.ignored.empty(), "what we write we read");
  // Versions are raw text; what JSON holds was valid UTF-8 when it was read.
  mica::fuzz::require(again.metadata == read.metadata
                          && again.endpoints == read.endpoints
                          && again.version == read.version,
                      "and it is the same");
  return 0;
}
