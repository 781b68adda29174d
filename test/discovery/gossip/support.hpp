// What the gossip tests share: samples of real programs.

#pragma once

#include "mica/discovery/records.hpp"
#include "support/paths.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace mica::test {

/// Returns the bytes of test/discovery/gossip/captures/gossip-NAME.bin: what Go Micro
/// v1.18's gossip registry (go-plugins v1.5.1) sent.
inline std::string gossip_capture(const std::string& name) {
  auto path =
      mica::test::source_path("test/discovery/gossip/captures/gossip-") + name + ".bin";
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Bytes from hexadecimal digits; blanks are passed over.
inline std::string from_hex(const std::string& digits) {
  std::string result;
  std::string pair;
  for (auto c : digits) {
    if (c == ' ' || c == '\n')
      continue;
    pair += c;
    if (pair.size() < 2)
      continue;
    result += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return result;
}

/// A service with one node.
inline discovery::service_record greeter(const std::string& name = "greeter",
                                         const std::string& id = "greeter-1") {
  return {name, "latest", {}, {}, {{id, "127.0.0.1:50137", {{"protocol", "mucp"}}}}};
}

} // namespace mica::test
