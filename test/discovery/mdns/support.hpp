// What the mdns tests share: captured packets of real Go Micro programs.

#pragma once

#include "support/paths.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mica::test {

/// Returns the bytes of a file in test/discovery/mdns/captures, e.g. `v2-get-reply`.
inline std::string mdns_capture(const std::string& name) {
  auto path =
      mica::test::source_path("test/discovery/mdns/captures/mdns-") + name + ".dns";
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace mica::test
