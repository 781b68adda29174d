#include "grpc/details.hpp"

#include "proto/wire.hpp"

#include <utility>

namespace mica::grpc {

namespace {

using proto::wire_cursor;
using proto::wire_type;

void append_text(std::string& out, uint32_t number, std::string_view text) {
  proto::append_varint(out, number << 3 | static_cast<uint32_t>(wire_type::bytes));
  proto::append_varint(out, text.size());
  out += text;
}

void append_number(std::string& out, uint32_t number, uint64_t value) {
  proto::append_varint(out, number << 3 | static_cast<uint32_t>(wire_type::varint));
  proto::append_varint(out, value);
}

// What stands at one field: a number or bytes, by its type; fields of other types are
// passed over.
struct field {
  uint32_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

// False at a broken field. Groups count as broken: nobody has written them for ages.
bool read_field(wire_cursor& from, field& to) {
  auto tag = from.field();
  if (!tag)
    return false;
  to = {};
  switch (tag->type) {
    case wire_type::varint: {
      auto value = from.varint();
      if (!value)
        return false;
      to = {tag->number, *value, {}};
      return true;
    }
    case wire_type::bytes: {
      auto size = from.varint();
      auto bytes = size ? from.bytes(*size) : std::nullopt;
      if (!bytes)
        return false;
      to = {tag->number, 0, *bytes};
      return true;
    }
    case wire_type::fixed64:
      return from.bytes(8).has_value();
    case wire_type::fixed32:
      return from.bytes(4).has_value();
    default:
      return false;
  }
}

std::optional<detail> decode_any(std::string_view bytes) {
  detail result;
  wire_cursor from{bytes};
  for (field x; !from.done();) {
    if (!read_field(from, x))
      return std::nullopt;
    if (x.number == 1)
      result.type_url = x.bytes;
    else if (x.number == 2)
      result.bytes = x.bytes;
  }
  return result;
}

} // namespace

std::string encode(const rpc_status& x) {
  std::string result;
  if (x.code != 0)
    append_number(result, 1, x.code);
  if (!x.message.empty())
    append_text(result, 2, x.message);
  for (const auto& item : x.details) {
    std::string any;
    append_text(any, 1, item.type_url);
    if (!item.bytes.empty())
      append_text(any, 2, item.bytes);
    append_text(result, 3, any);
  }
  return result;
}

std::optional<rpc_status> decode_status(std::string_view bytes) {
  rpc_status result;
  wire_cursor from{bytes};
  for (field x; !from.done();) {
    if (!read_field(from, x))
      return std::nullopt;
    if (x.number == 1) {
      result.code = static_cast<uint32_t>(x.value);
    } else if (x.number == 2) {
      result.message = x.bytes;
    } else if (x.number == 3) {
      auto item = decode_any(x.bytes);
      if (!item)
        return std::nullopt;
      result.details.push_back(std::move(*item));
    }
  }
  return result;
}

std::string encode_micro_error(const error& x, std::string_view text) {
  std::string result;
  if (!x.id.empty())
    append_text(result, 1, x.id);
  if (x.code != 0)
    append_number(result, 2, static_cast<uint64_t>(static_cast<int64_t>(x.code)));
  if (!text.empty())
    append_text(result, 3, text);
  if (!x.status.empty())
    append_text(result, 4, x.status);
  return result;
}

std::optional<error> decode_micro_error(std::string_view bytes) {
  error result;
  wire_cursor from{bytes};
  for (field x; !from.done();) {
    if (!read_field(from, x))
      return std::nullopt;
    if (x.number == 1)
      result.id = x.bytes;
    else if (x.number == 2)
      result.code = x.value <= 999 ? static_cast<int>(x.value) : 500;
    else if (x.number == 3)
      result.detail = x.bytes;
    else if (x.number == 4)
      result.status = x.bytes;
  }
  result.reason = errc_from_status(result.code);
  // A peer that reports an error reports a failure, whatever code it gives.
  if (result.reason == errc::none)
    result.reason = errc::internal;
  return result;
}

} // namespace mica::grpc
