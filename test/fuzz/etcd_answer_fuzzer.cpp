// Answers of an etcd: refused as a whole, or made of nodes that can be called.

#include "etcd/base64.hpp"
#include "etcd/wire.hpp"

#include "invariant.hpp"

#include <set>
#include <string_view>

using namespace mica::discovery::etcd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body{reinterpret_cast<const char*>(data), size};
  if (auto items = parse_range(body)) {
    auto answer = read_service("greeter", *items);
    std::set<std::string> ids;
    const std::string* last = nullptr;
    for (const auto& version : answer.found.versions) {
      mica::fuzz::require(version.name == "greeter", "no other service");
      mica::fuzz::require(!last || *last < version.version, "versions are sorted");
      mica::fuzz::require(!version.nodes.empty(), "no version without a node");
      last = &version.version;
      for (const auto& x : version.nodes) {
        mica::fuzz::require(!x.id.empty() && !x.address.empty(), "no blank node");
        mica::fuzz::require(ids.insert(x.id).second, "an id is there once");
      }
    }
    mica::fuzz::require(answer.ignored.text().size() < 1'000, "reports are bounded");
    read_services(*items);
  }
  if (auto line = parse_watch_line(body))
    mica::fuzz::require(line->end.size() < 300, "reasons are bounded");
  else
    mica::fuzz::require(line.error().detail.size() < 400, "errors are bounded");
  if (auto lease = parse_grant(body))
    mica::fuzz::require(!lease->empty() && *lease != "0", "a lease has an id");
  if (auto token = parse_token(body))
    mica::fuzz::require(token->find_first_of("\r\n ") == std::string::npos,
                        "a token ends no header");
  if (auto lives = parse_keep_alive(body); !lives)
    mica::fuzz::require(lives.error().detail.size() < 400, "errors are bounded");
  if (auto bytes = parse_base64(body)) {
    std::string again;
    append_base64(again, *bytes);
    mica::fuzz::require(again.size() == body.size(), "base64 keeps its length");
  }
  return 0;
}
