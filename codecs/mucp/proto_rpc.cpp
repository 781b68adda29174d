#include "mucp/envelope.hpp"
#include "proto/wire.hpp"

#include <charconv>

namespace mica::mucp::proto_rpc {

namespace {

using proto::wire_cursor;
using proto::wire_type;

error broken(std::string_view part, const std::string& what) {
  return {errc::invalid_argument,
          "proto-rpc envelope: " + std::string{part} + ": " + what};
}

expected<std::string_view> read_netstring(wire_cursor& in, std::string_view part) {
  auto prefix = in.bytes(4);
  if (!prefix)
    return broken(part,
                  "a length takes 4 bytes, " + std::to_string(in.left()) + " are left");
  uint32_t size = 0;
  for (auto c : *prefix)
    size = size << 8 | static_cast<uint8_t>(c);
  auto content = in.bytes(size);
  if (!content)
    return broken(part, std::to_string(size) + " bytes announced, "
                            + std::to_string(in.left()) + " are left");
  return *content;
}

void append_netstring(std::string& out, std::string_view content) {
  auto size = static_cast<uint32_t>(content.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(size >> shift);
  out += content;
}

bool skip(wire_cursor& in, wire_type type) {
  switch (type) {
    case wire_type::varint:
      return in.varint().has_value();
    case wire_type::fixed64:
      return in.bytes(8).has_value();
    case wire_type::fixed32:
      return in.bytes(4).has_value();
    case wire_type::bytes: {
      auto size = in.varint();
      return size && in.bytes(*size);
    }
    default:
      return false;
  }
}

bool read_header(std::string_view text, envelope& to) {
  wire_cursor in{text};
  uint64_t seq = 0;
  while (!in.done()) {
    auto tag = in.field();
    if (!tag)
      return false;
    if ((tag->number == 1 || tag->number == 3) && tag->type == wire_type::bytes) {
      auto size = in.varint();
      auto content = size ? in.bytes(*size) : std::nullopt;
      if (!content)
        return false;
      (tag->number == 1 ? to.endpoint : to.failure) = *content;
    } else if (tag->number == 2 && tag->type == wire_type::fixed64) {
      auto number = in.fixed64();
      if (!number)
        return false;
      seq = *number;
    } else if (!skip(in, tag->type)) {
      return false;
    }
  }
  to.id = std::to_string(seq);
  return true;
}

void append_text(std::string& out, char tag, std::string_view text) {
  if (text.empty())
    return;
  out += tag;
  proto::append_varint(out, text.size());
  out += text;
}

} // namespace

expected<envelope> open(std::string_view text) {
  wire_cursor in{text};
  auto header = read_netstring(in, "header");
  if (!header)
    return std::move(header.error());
  auto body = read_netstring(in, "payload");
  if (!body)
    return std::move(body.error());
  if (!in.done())
    return broken("payload", std::to_string(in.left()) + " bytes too many behind it");
  envelope result;
  if (!read_header(*header, result))
    return broken("header",
                  "not a protobuf message {service_method = 1, seq = 2, error "
                  "= 3}");
  result.body = *body;
  return result;
}

std::string wrap(std::string_view endpoint, std::string_view id,
                 std::string_view failure, std::string_view body) {
  // As Go's strconv.ParseInt on Micro-Id: what is no number counts as 0.
  int64_t seq = 0;
  if (auto end = id.data() + id.size(); std::from_chars(id.data(), end, seq).ptr != end)
    seq = 0;
  std::string header;
  append_text(header, '\x0a', endpoint);
  if (auto bits = static_cast<uint64_t>(seq); bits != 0) {
    header += '\x11';
    for (int i = 0; i < 8; ++i)
      header += static_cast<char>(bits >> (8 * i));
  }
  append_text(header, '\x1a', failure);
  std::string out;
  out.reserve(header.size() + body.size() + 8);
  append_netstring(out, header);
  append_netstring(out, body);
  return out;
}

} // namespace mica::mucp::proto_rpc
