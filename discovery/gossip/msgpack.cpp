#include "gossip/msgpack.hpp"

namespace mica::discovery::gossip {

namespace {

constexpr int max_depth = 16;

} // namespace

bool msgpack_reader::byte(uint8_t& to) {
  std::string_view one;
  if (!take(1, one))
    return false;
  to = static_cast<uint8_t>(one[0]);
  return true;
}

bool msgpack_reader::take(uint64_t size, std::string_view& to) {
  if (size > bytes_.size() - at_) {
    missing_ = size - (bytes_.size() - at_);
    return false;
  }
  to = bytes_.substr(at_, size);
  at_ += size;
  return true;
}

bool msgpack_reader::big_endian(size_t size, uint64_t& to) {
  std::string_view bytes;
  if (!take(size, bytes))
    return false;
  to = 0;
  for (auto x : bytes)
    to = to << 8 | static_cast<uint8_t>(x);
  return true;
}

bool msgpack_reader::map(uint32_t& pairs) {
  uint8_t tag = 0;
  uint64_t size = 0;
  if (!byte(tag))
    return false;
  if ((tag & 0xf0) == 0x80)
    size = tag & 0x0f;
  else if (tag != 0xde && tag != 0xdf)
    return false;
  else if (!big_endian(tag == 0xde ? 2 : 4, size))
    return false;
  pairs = static_cast<uint32_t>(size);
  return true;
}

bool msgpack_reader::text(std::string_view& to) {
  uint8_t tag = 0;
  uint64_t size = 0;
  if (!byte(tag))
    return false;
  if ((tag & 0xe0) == 0xa0)
    return take(tag & 0x1f, to);
  switch (tag) {
    case 0xc0:
      to = {};
      return true;
    case 0xc4:
    case 0xd9:
      return big_endian(1, size) && take(size, to);
    case 0xc5:
    case 0xda:
      return big_endian(2, size) && take(size, to);
    case 0xc6:
    case 0xdb:
      return big_endian(4, size) && take(size, to);
    default:
      return false;
  }
}

bool msgpack_reader::number(uint64_t& to) {
  uint8_t tag = 0;
  if (!byte(tag))
    return false;
  if (tag < 0x80) {
    to = tag;
    return true;
  }
  if (tag >= 0xcc && tag <= 0xcf)
    return big_endian(size_t{1} << (tag - 0xcc), to);
  if (tag < 0xd0 || tag > 0xd3)
    return false;
  // Signed: the highest bit must not be set.
  auto size = size_t{1} << (tag - 0xd0);
  return big_endian(size, to) && to >> (size * 8 - 1) == 0;
}

bool msgpack_reader::boolean(bool& to) {
  uint8_t tag = 0;
  if (!byte(tag) || (tag != 0xc2 && tag != 0xc3))
    return false;
  to = tag == 0xc3;
  return true;
}

bool msgpack_reader::skip() {
  return skip(0);
}

bool msgpack_reader::skip_many(uint64_t values, int depth) {
  for (; values > 0; --values)
    if (!skip(depth + 1))
      return false;
  return true;
}

bool msgpack_reader::skip(int depth) {
  uint8_t tag = 0;
  uint64_t size = 0;
  std::string_view ignored;
  if (depth > max_depth || !byte(tag))
    return false;
  if (tag < 0x80 || tag >= 0xe0)
    return true;
  if (tag < 0x90)
    return skip_many(2 * (tag & 0x0fU), depth);
  if (tag < 0xa0)
    return skip_many(tag & 0x0fU, depth);
  if (tag < 0xc0)
    return take(tag & 0x1f, ignored);
  switch (tag) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return big_endian(size_t{1} << (tag - 0xc4), size) && take(size, ignored);
    case 0xc7:
    case 0xc8:
    case 0xc9: // ext: a type before the bytes
      return big_endian(size_t{1} << (tag - 0xc7), size) && take(size + 1, ignored);
    case 0xca:
    case 0xcb:
      return take(tag == 0xca ? 4 : 8, ignored);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return big_endian(size_t{1} << (tag - 0xd9), size) && take(size, ignored);
    case 0xdc:
    case 0xdd:
      return big_endian(tag == 0xdc ? 2 : 4, size) && skip_many(size, depth);
    case 0xde:
    case 0xdf:
      return big_endian(tag == 0xde ? 2 : 4, size) && skip_many(2 * size, depth);
    default:
      break;
  }
  if (tag >= 0xcc && tag <= 0xd3)
    return take(size_t{1} << ((tag - 0xcc) & 3), ignored);
  // fixext 1 to 16; 0xc1 is nothing.
  return tag >= 0xd4 && tag <= 0xd8 && take((size_t{1} << (tag - 0xd4)) + 1, ignored);
}

msgpack_writer& msgpack_writer::map(uint8_t pairs) {
  out_ += static_cast<char>(0x80 | pairs);
  return *this;
}

msgpack_writer& msgpack_writer::text(std::string_view x) {
  if (x.size() < 32) {
    out_ += static_cast<char>(0xa0 | x.size());
  } else if (x.size() < 65'536) {
    out_ += '\xda';
    big_endian(x.size(), 2);
  } else {
    out_ += '\xdb';
    big_endian(x.size(), 4);
  }
  out_ += x;
  return *this;
}

msgpack_writer& msgpack_writer::number(uint64_t x) {
  if (x < 0x80) {
    out_ += static_cast<char>(x);
    return *this;
  }
  auto power = x < 0x100 ? 0 : x < 0x1'0000 ? 1 : x < 0x1'0000'0000 ? 2 : 3;
  out_ += static_cast<char>(0xcc + power);
  big_endian(x, size_t{1} << power);
  return *this;
}

msgpack_writer& msgpack_writer::boolean(bool x) {
  out_ += x ? '\xc3' : '\xc2';
  return *this;
}

msgpack_writer& msgpack_writer::nil() {
  out_ += '\xc0';
  return *this;
}

void msgpack_writer::big_endian(uint64_t x, size_t size) {
  for (; size > 0; --size)
    out_ += static_cast<char>(x >> (size - 1) * 8);
}

} // namespace mica::discovery::gossip
