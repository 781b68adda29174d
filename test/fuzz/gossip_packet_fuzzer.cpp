// gossip datagrams: what is read can be written and read again, and a member that hears
// one keeps its bounds and answers what can be read.

#include "gossip/core.hpp"

#include "invariant.hpp"

using namespace mica::discovery::gossip;

namespace {

void round_trip(std::string_view bytes, const wire_options& options) {
  auto opened = unpack(bytes, options);
  if (!opened) {
    mica::fuzz::require(!opened.error().detail.empty(), "a refusal says why");
    return;
  }
  mica::fuzz::require(opened->messages.size() <= options.limits.messages,
                      "the number of messages is bounded");
  for (auto& x : opened->messages) {
    auto written = std::visit([](auto& m) { return write(m); }, x);
    auto again = parse_message(written, options.limits);
    // An origin without an address is none.
    if (std::holds_alternative<ping>(x) || std::holds_alternative<indirect_ping>(x))
      mica::fuzz::require(again.has_value(), "what was written can be read");
    else
      mica::fuzz::require(again && *again == x, "stable after one round");
  }
}

void hear(std::string_view bytes) {
  moment at{time_point{std::chrono::hours{1}},
            std::chrono::nanoseconds{1'700'000'000'000'000'000}};
  core_options options;
  options.swim.name = "me";
  options.swim.advertise = {*mica::discovery::mdns::parse_ip("10.0.0.1"), 7'946, 0};
  options.swim.wire.limits.members = 4;
  options.swim.wire.limits.nodes_per_service = 2;
  auto member = core::make(std::move(options), at);
  mica::fuzz::require(member.has_value(), "made");
  auto& x = **member;
  outcome out;
  mica::discovery::service_record own{
      "greeter", "latest", {}, {}, {{"own", "10.0.0.1:1", {}}}};
  mica::fuzz::require(x.add(own, {}, at, out).has_value(), "registered");
  host_port from{*mica::discovery::mdns::parse_ip("10.0.0.2"), 7'946, 0};
  for (auto i = 0; i < 2; ++i)
    x.receive(bytes, from, at, out);
  mica::fuzz::require(x.members().members().size() <= 4, "members are bounded");
  auto me = x.members().members().find("me");
  mica::fuzz::require(me && me->state == member_state::alive, "we live");
  for (auto i = 0; i < 100; ++i) {
    at.now += std::chrono::milliseconds{100};
    x.tick(at, out);
  }
  for (auto& p : out.packets)
    mica::fuzz::require(unpack(p.bytes, {}).has_value(), "what is sent can be read");
  size_t nodes = 0;
  for (auto& version : x.current("greeter", at).versions)
    nodes += version.nodes.size();
  mica::fuzz::require(nodes >= 1 && nodes <= 2, "nodes are bounded, own ones stay");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  round_trip(bytes, {});
  static const auto keys = *keyring::make({"0123456789abcdef"});
  wire_options encrypted;
  encrypted.keys = keys;
  round_trip(bytes, encrypted);
  hear(bytes);
  return 0;
}
