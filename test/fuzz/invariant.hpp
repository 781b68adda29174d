// What a fuzzer claims about its subject.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace mica::fuzz {

/// Ends the program, and so the run, with `claim` if it does not hold.
inline void require(bool holds, const char* claim) {
  if (holds)
    return;
  std::fprintf(stderr, "broken claim: %s\n", claim);
  std::abort();
}

} // namespace mica::fuzz
