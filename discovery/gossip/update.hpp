// Go Micro's messages about services: what its gossip registry sends to all members.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mica::discovery::gossip {

/// Go Micro's protobuf message `gossip.Update`.
struct update {
  static constexpr int32_t service_type = 1;

  enum action : int32_t {
    create = 1,
    remove = 2,
    change = 3,
  };

  /// When the lease ends, by the wall clock of who registered: nanoseconds since 1970.
  /// Go Micro leaves it out when it deregisters.
  uint64_t expires = 0;
  int32_t type = service_type;
  int32_t what = create;
  /// `Content-Type`, and what mica adds.
  std::map<std::string, std::string> metadata;
  /// The record.
  std::string data;

  bool operator==(const update&) const = default;
};

/// Whose node it is, by the name of the member; Go Micro says nothing.
constexpr std::string_view member_key = "mica-member";
/// Milliseconds left of the lease, so that clocks need not agree.
constexpr std::string_view ttl_key = "mica-ttl";

/// At most 64 entries of metadata. Fails with `errc::protocol_error`.
expected<update> parse_update(std::string_view bytes);

std::string write(const update& x);

} // namespace mica::discovery::gossip
