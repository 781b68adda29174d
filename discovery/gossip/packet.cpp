#include "gossip/packet.hpp"

#include "gossip/lzw.hpp"
#include "gossip/msgpack.hpp"

#include <zlib.h>

namespace mica::discovery::gossip {

namespace {

constexpr size_t crc_header = 5;
constexpr size_t compound_header = 2;

mica::error broken(std::string what) {
  return {errc::protocol_error, "gossip: " + std::move(what)};
}

uint32_t crc(std::string_view x) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(x.data()), x.size()));
}

uint32_t big_endian(std::string_view x) {
  uint32_t result = 0;
  for (auto c : x)
    result = result << 8 | static_cast<uint8_t>(c);
  return result;
}

void append_big_endian(std::string& out, uint32_t x, int size) {
  for (; size > 0; --size)
    out += static_cast<char>(x >> (size - 1) * 8);
}

message_type type_of(std::string_view x) {
  return static_cast<message_type>(static_cast<uint8_t>(x[0]));
}

/// Walks through compounds and compressed messages.
class opener {
public:
  opener(const wire_options& options, unpacked& to) : options_(options), to_(to) {
    // nop
  }

  void open(std::string_view bytes, size_t depth) {
    if (bytes.empty())
      return refuse(broken("a message without a type"));
    if (depth > options_.limits.nesting)
      return refuse(broken("messages nested deeper than "
                           + std::to_string(options_.limits.nesting)));
    if (type_of(bytes) == message_type::compound)
      return open_compound(bytes.substr(1), depth);
    if (type_of(bytes) == message_type::compress) {
      auto plain = inflate(bytes.substr(1), options_.limits.inflated_bytes);
      return plain ? open(*plain, depth + 1) : refuse(std::move(plain.error()));
    }
    if (to_.messages.size() + to_.broken >= options_.limits.messages)
      return refuse(broken("more than " + std::to_string(options_.limits.messages)
                           + " messages in a datagram"));
    auto x = parse_message(bytes, options_.limits);
    if (x)
      to_.messages.push_back(std::move(*x));
    else
      refuse(std::move(x.error()));
  }

private:
  void refuse(mica::error why) {
    ++to_.broken;
    to_.why = std::move(why);
  }

  void open_compound(std::string_view bytes, size_t depth) {
    size_t parts = bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
    if (bytes.size() < 1 + 2 * parts)
      return refuse(broken("a compound message whose lengths are cut off"));
    auto body = bytes.substr(1 + 2 * parts);
    for (size_t i = 0; i < parts; ++i) {
      auto size = big_endian(bytes.substr(1 + 2 * i, 2));
      if (size > body.size())
        return refuse(broken("a compound message with a part that is cut off"));
      open(body.substr(0, size), depth + 1);
      body.remove_prefix(size);
    }
  }

  const wire_options& options_;
  unpacked& to_;
};

} // namespace

std::string compressed(std::string_view plain) {
  std::string result(1, static_cast<char>(message_type::compress));
  msgpack_writer{result}.map(2).text("Algo").number(0).text("Buf").text(
      deflate_lzw(plain));
  return result;
}

expected<std::string> inflate(std::string_view body, size_t limit) {
  msgpack_reader from{body};
  uint64_t algorithm = 0;
  std::string_view packed;
  auto whole = from.fields([&](std::string_view key) {
    if (key == "Algo")
      return from.number(algorithm);
    if (key == "Buf")
      return from.text(packed);
    return from.skip();
  });
  if (!whole)
    return broken("a compressed message is no map of Algo and Buf");
  if (algorithm != 0)
    return broken("compressed by the unknown algorithm " + std::to_string(algorithm));
  return inflate_lzw(packed, limit);
}

expected<unpacked> unpack(std::string_view datagram, const wire_options& options) {
  std::string plain;
  if (!options.keys.empty()) {
    auto opened = options.keys.open(datagram, {});
    if (!opened)
      return std::move(opened.error());
    plain = std::move(*opened);
    datagram = plain;
  }
  if (datagram.empty())
    return broken("an empty datagram");
  if (type_of(datagram) == message_type::has_crc) {
    if (datagram.size() < crc_header)
      return broken("a checksum that is cut off");
    auto body = datagram.substr(crc_header);
    if (big_endian(datagram.substr(1, 4)) != crc(body))
      return broken("a wrong checksum");
    datagram = body;
  }
  unpacked result;
  opener{options, result}.open(datagram, 0);
  return result;
}

expected<std::string> pack(const std::vector<std::string>& messages, bool checksum,
                           const wire_options& options) {
  std::string bytes;
  if (messages.size() == 1) {
    bytes = messages.front();
  } else {
    bytes += static_cast<char>(message_type::compound);
    bytes += static_cast<char>(messages.size());
    for (auto& x : messages)
      append_big_endian(bytes, static_cast<uint32_t>(x.size()), 2);
    for (auto& x : messages)
      bytes += x;
  }
  if (options.compress)
    if (auto shorter = compressed(bytes); shorter.size() < bytes.size())
      bytes = std::move(shorter);
  if (checksum) {
    std::string header(1, static_cast<char>(message_type::has_crc));
    append_big_endian(header, crc(bytes), 4);
    bytes.insert(0, header);
  }
  if (options.keys.empty())
    return bytes;
  return options.keys.seal(bytes, {});
}

size_t room(const wire_options& options) {
  auto overhead = compound_header + crc_header;
  if (!options.keys.empty())
    overhead += keyring::overhead;
  return options.limits.datagram_bytes - overhead;
}

} // namespace mica::discovery::gossip
