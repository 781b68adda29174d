// Answers of a Consul agent: refused as a whole, or made of nodes that can be called.

#include "consul/health.hpp"
#include "consul/requests.hpp"

#include "invariant.hpp"

#include <set>
#include <string_view>

using namespace mica::discovery::consul;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body{reinterpret_cast<const char*>(data), size};
  if (auto answer = parse_health("greeter", body)) {
    std::set<std::string> ids;
    const std::string* last = nullptr;
    for (const auto& version : answer->found.versions) {
      mica::fuzz::require(version.name == "greeter", "no other service");
      mica::fuzz::require(!last || *last < version.version, "versions are sorted");
      mica::fuzz::require(!version.nodes.empty(), "no version without a node");
      last = &version.version;
      for (const auto& x : version.nodes) {
        mica::fuzz::require(!x.id.empty() && !x.address.empty(), "no blank node");
        mica::fuzz::require(ids.insert(x.id).second, "an id is there once");
      }
    }
    mica::fuzz::require(answer->ignored.text().size() < 1'000, "reports are bounded");
  } else {
    mica::fuzz::require(answer.error().detail.size() < 300, "errors are bounded");
  }
  if (auto answer = parse_checks("greeter", body))
    for (const auto& x : *answer) {
      mica::fuzz::require(!x.id.empty() && !x.address.empty(), "no blank node");
      mica::fuzz::require(x.trouble.size() <= mica::discovery::max_trouble,
                          "what is shown is bounded");
    }
  if (auto answer = parse_catalog(body))
    mica::fuzz::require(answer->ignored.text().size() < 1'000, "reports are bounded");
  next_index(size, body);
  if (auto where = mica::discovery::split_address(body))
    mica::fuzz::require(!where->host.empty(), "no address without a host");
  return 0;
}
