// What is spoken to a node, and over which connection: pure functions.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"
#include "mica/net/pool.hpp"

#include <string>
#include <string_view>

namespace mica::detail {

/// What a call is written in.
enum class dialect : uint8_t {
  /// Go Micro's mucp, over HTTP/1.1.
  mucp,
  /// The same for nodes that announce no protocol (wire reference 3.6).
  mucp_legacy,
  /// gRPC, over HTTP/2.
  grpc,
  /// The same with Go Micro's paths and fields.
  grpc_go_micro,
};

/// What the caller wants to be spoken: by `--client`, by `call_options::protocol`.
enum class protocol_choice : uint8_t {
  /// The best that the node announces.
  automatic,
  mucp,
  grpc,
};

/// Reads the choice; empty means automatic. Fails with `errc::invalid_argument`.
expected<protocol_choice> parse_protocol_choice(std::string_view name);

struct route {
  net::target to;
  dialect speaks = dialect::mucp;

  bool over_http2() const noexcept {
    return to.version == net::http_version::http2;
  }
};

/// Where a call to `node` goes. Of mica's nodes (`mica-protocols`) gRPC is the best:
/// one connection carries all calls. Go Micro's say by `protocol` what they speak.
/// @param secure TLS also if the node does not announce it.
route route_to(const discovery::node& node, protocol_choice choice, bool secure);

/// The same for an address of which nothing is known: mucp, as of Go Micro's default,
/// but gRPC under TLS.
route route_to(std::string address, protocol_choice choice, bool secure);

} // namespace mica::detail
