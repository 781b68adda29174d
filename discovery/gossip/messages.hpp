// The messages of memberlist: as values, from bytes and to bytes. docs/wire/gossip.md
// describes them.

#pragma once

#include "mica/codecs/expected.hpp"

#include "gossip/limits.hpp"
#include "mdns/address.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mica::discovery::gossip {

using mdns::host_port;
using mdns::ip_address;

/// The first byte of a message.
enum class message_type : uint8_t {
  ping = 0,
  indirect_ping = 1,
  ack = 2,
  suspect = 3,
  alive = 4,
  dead = 5,
  push_pull = 6,
  compound = 7,
  user = 8,
  compress = 9,
  encrypt = 10,
  nack = 11,
  has_crc = 12,
  failure = 13,
};

/// Lowest, highest and spoken version of the protocol, then of the delegate. What mica
/// speaks is Go Micro's choice.
using versions = std::array<uint8_t, 6>;
constexpr versions own_versions{1, 5, 4, 0, 0, 0};

/// Where an answer should go; nothing if it says none: then to where it came from.
struct origin {
  std::string addr;
  uint16_t port = 0;
  std::string node;

  bool operator==(const origin&) const = default;
};

struct ping {
  uint32_t seq = 0;
  /// Who is meant; empty means whoever gets it.
  std::string node;
  origin source;

  bool operator==(const ping&) const = default;
};

struct indirect_ping {
  uint32_t seq = 0;
  /// 4 or 16 bytes.
  std::string target;
  uint16_t port = 0;
  std::string node;
  /// The asker wants to know if the target did not answer.
  bool nack = false;
  origin source;

  bool operator==(const indirect_ping&) const = default;
};

struct ack {
  uint32_t seq = 0;

  bool operator==(const ack&) const = default;
};

struct nack {
  uint32_t seq = 0;

  bool operator==(const nack&) const = default;
};

struct suspect {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;

  bool operator==(const suspect&) const = default;
};

struct alive {
  uint32_t incarnation = 0;
  std::string node;
  /// 4 or 16 bytes; kept as they came, because peers compare them.
  std::string addr;
  uint16_t port = 0;
  std::string meta;
  versions vsn{};

  bool operator==(const alive&) const = default;
};

/// `from` is the node itself when it leaves.
struct dead {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;

  bool operator==(const dead&) const = default;
};

/// What the layer above sends.
struct user {
  std::string bytes;

  bool operator==(const user&) const = default;
};

using message =
    std::variant<ping, indirect_ping, ack, nack, suspect, alive, dead, user>;

enum class member_state : uint8_t {
  alive = 0,
  suspect = 1,
  dead = 2,
  left = 3,
};

/// A member in a state exchange.
struct push_node {
  std::string name;
  std::string addr;
  uint16_t port = 0;
  std::string meta;
  uint32_t incarnation = 0;
  member_state state = member_state::alive;
  versions vsn{};

  bool operator==(const push_node&) const = default;
};

/// Before the members of a state exchange.
struct push_pull_header {
  uint64_t nodes = 0;
  uint64_t user_bytes = 0;
  bool join = false;
};

/// The address in 4 or 16 bytes, IPv4 in IPv6 as IPv4; nothing for other lengths.
std::optional<ip_address> to_ip(std::string_view bytes);

/// The inverse.
std::string to_bytes(const ip_address& x);

/// Bytes with the type in front.
std::string write(const ping& x);
std::string write(const indirect_ping& x);
std::string write(const ack& x);
std::string write(const nack& x);
std::string write(const suspect& x);
std::string write(const alive& x);
std::string write(const dead& x);
std::string write(const user& x);

/// Bytes without a type.
void append(std::string& out, const push_pull_header& x);
void append(std::string& out, const push_node& x);

/// Reads a message that is neither compound nor compressed. Fails with
/// `errc::protocol_error`.
expected<message> parse_message(std::string_view bytes, const gossip_limits& limits);

class msgpack_reader;

// Each returns false if there is no such value, see `msgpack_reader`.
bool read(msgpack_reader& from, ping& to);
bool read(msgpack_reader& from, ack& to);
bool read(msgpack_reader& from, push_pull_header& to);
bool read(msgpack_reader& from, push_node& to);

} // namespace mica::discovery::gossip
