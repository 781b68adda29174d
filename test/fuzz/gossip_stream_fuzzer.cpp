// gossip streams: the same message in whatever pieces, within bounds; what is read can
// be written and read again.

#include "gossip/stream.hpp"

#include "invariant.hpp"

using namespace mica::discovery::gossip;

namespace {

std::optional<stream_message> read_in(std::string_view bytes, size_t piece,
                                      const wire_options& options) {
  stream_reader reader{options};
  for (size_t at = 0; at < bytes.size(); at += piece) {
    auto x = reader.feed(bytes.substr(at, piece));
    if (!x) {
      mica::fuzz::require(!x.error().detail.empty(), "a refusal says why");
      return std::nullopt;
    }
    mica::fuzz::require(reader.held() <= 2 * options.limits.stream_bytes,
                        "what is held is bounded");
    if (*x)
      return std::move(*x);
  }
  return std::nullopt;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  wire_options options;
  options.limits.stream_bytes = 100'000;
  options.limits.members = 100;
  auto whole = read_in(bytes, std::max<size_t>(size, 1), options);
  auto bytewise = read_in(bytes, 1, options);
  mica::fuzz::require(whole == bytewise, "slicing does not matter");
  if (!whole)
    return 0;
  if (auto state = std::get_if<push_pull>(&*whole)) {
    mica::fuzz::require(state->nodes.size() <= 200, "members are bounded");
    for (auto compress : {false, true}) {
      options.compress = compress;
      auto dressed = dress(write(*state), options);
      mica::fuzz::require(dressed.has_value(), "written");
      if (dressed->size() <= options.limits.stream_bytes
          && write(*state).size() <= options.limits.stream_bytes)
        mica::fuzz::require(read_in(*dressed, 7, options) == whole,
                            "stable after one round");
    }
  }
  return 0;
}
