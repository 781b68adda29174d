// The first bytes of a connection: 24 decide, and a decision is never taken back.

#include "sniff/sniff.hpp"

#include "invariant.hpp"

#include <algorithm>

using mica::fuzz::require;
using mica::net::sniff;
using mica::net::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  auto decided = wire::undecided;
  for (size_t n = 0; n <= std::min<size_t>(size, 32); ++n) {
    auto now = sniff(bytes.substr(0, n));
    require(decided == wire::undecided || now == decided, "a decision stands");
    require(n < 24 || now != wire::undecided, "24 bytes decide");
    decided = now;
  }
  return 0;
}
