// zlib in hex: any text is inflated within the limit or refused with a reason, and what
// is packed is unpacked to the same.

#include "mica/discovery/records.hpp"

#include "invariant.hpp"

using mica::fuzz::require;

namespace discovery = mica::discovery;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t limit = 65'536;
  std::string_view text{reinterpret_cast<const char*>(data), size};
  std::string why;
  auto inflated = discovery::from_hex_zlib(text, limit, why);
  require(inflated || !why.empty(), "a refusal has a reason");
  require(!inflated || inflated->size() <= limit, "the limit holds");
  if (inflated)
    require(discovery::from_hex_zlib(discovery::to_hex_zlib(*inflated), limit, why)
                == inflated,
            "stable after one round");
  // The bytes themselves as zlib: most texts are no hex and get no further than that.
  std::string hex;
  for (size_t i = 0; i < size; ++i)
    for (auto digit : {data[i] >> 4, data[i] & 15})
      hex += "0123456789abcdef"[digit];
  auto raw = discovery::from_hex_zlib(hex, limit, why);
  require(!raw || raw->size() <= limit, "the limit holds for any zlib");
  auto packed = discovery::to_hex_zlib(text);
  require(discovery::from_hex_zlib(packed, size, why) == text, "packed and unpacked");
  return 0;
}
