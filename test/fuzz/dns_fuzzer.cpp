// mdns datagrams: what is read can be written and read again, and a registry that
// hears one keeps its bounds.

#include "mdns/core.hpp"

#include "invariant.hpp"

using namespace mica::discovery::mdns;

namespace {

void round_trip(std::string_view bytes) {
  auto first = parse_message(bytes);
  if (!first) {
    mica::fuzz::require(!first.error().detail.empty(), "a refusal says why");
    return;
  }
  mica::fuzz::require(first->questions.size() + first->answers.size()
                              + first->additionals.size()
                          <= max_message_records,
                      "the number of records is bounded");
  auto written = write_message(*first);
  // What came in compressed may be too large in other words.
  if (!written) {
    mica::fuzz::require(written.error().reason == mica::errc::limit_exceeded,
                        "names that were read can be written");
    return;
  }
  auto second = parse_message(*written);
  mica::fuzz::require(second && *second == *first, "stable after one round");
}

void hear(std::string_view bytes) {
  time_point now{std::chrono::hours{1}};
  core_options options;
  options.limits.nodes_per_service = 2;
  core registry{options};
  outcome out;
  registry.links({{7, "eth0", false, {{*parse_ip("10.0.0.1"), 24}}}}, 4'000, now);
  mica::discovery::service_record own{
      "greeter", "latest", {}, {}, {{"own", "10.0.0.1:1", {}}}};
  mica::fuzz::require(registry.add(own, {}, now, out).has_value(), "registered");
  mica::fuzz::require(registry.watch("greeter", now, out).has_value(), "watched");
  mica::fuzz::require(registry.list(1, now, out).has_value(), "listed");
  out = {};
  for (auto port : {uint16_t{5353}, uint16_t{50'000}})
    registry.receive({std::string{bytes}, {*parse_ip("10.0.0.2"), port, 0}, 7}, now,
                     out);
  mica::fuzz::require(out.packets.size() <= 2'000, "answers are bounded");
  for (auto& x : out.packets)
    mica::fuzz::require(parse_message(x.bytes).has_value(), "answers can be read");
  size_t nodes = 0;
  for (auto& version : registry.current("greeter").versions)
    for (auto& x : version.nodes) {
      ++nodes;
      mica::fuzz::require(!x.id.empty() && !x.address.empty(), "nodes are whole");
    }
  mica::fuzz::require(nodes >= 1 && nodes <= 3, "nodes are bounded, own ones stay");
  registry.tick(now + std::chrono::hours{2}, out);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  round_trip(bytes);
  hear(bytes);
  return 0;
}
