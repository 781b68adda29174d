#include "gossip/update.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

// By hand: a generated message would share protobuf's one registry of names with the
// user's own copy of Go Micro's file.

namespace mica::discovery::gossip {

namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr size_t max_metadata = 64;

constexpr uint32_t number_tag(int field) {
  return static_cast<uint32_t>(field) << 3;
}

constexpr uint32_t text_tag(int field) {
  return static_cast<uint32_t>(field) << 3 | 2;
}

bool read_text(CodedInputStream& in, std::string& to) {
  uint32_t size = 0;
  return in.ReadVarint32(&size) && size <= INT32_MAX
         && in.ReadString(&to, static_cast<int>(size));
}

bool read_int(CodedInputStream& in, int32_t& to) {
  uint64_t value = 0;
  if (!in.ReadVarint64(&value))
    return false;
  to = static_cast<int32_t>(value);
  return true;
}

bool read_entry(const std::string& bytes, std::map<std::string, std::string>& to) {
  CodedInputStream in{reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size())};
  std::string key;
  std::string value;
  while (auto tag = in.ReadTag()) {
    auto ok = tag == text_tag(1)   ? read_text(in, key)
              : tag == text_tag(2) ? read_text(in, value)
                                   : WireFormatLite::SkipField(&in, tag);
    if (!ok)
      return false;
  }
  if (!in.ConsumedEntireMessage() || to.size() >= max_metadata)
    return false;
  to[key] = std::move(value);
  return true;
}

bool read_field(CodedInputStream& in, uint32_t tag, update& to) {
  switch (tag) {
    case number_tag(1):
      return in.ReadVarint64(&to.expires);
    case number_tag(2):
      return read_int(in, to.type);
    case number_tag(3):
      return read_int(in, to.what);
    case text_tag(6): {
      std::string entry;
      return read_text(in, entry) && read_entry(entry, to.metadata);
    }
    case text_tag(7):
      return read_text(in, to.data);
    default:
      return WireFormatLite::SkipField(&in, tag);
  }
}

void put_text(CodedOutputStream& out, int field, std::string_view x) {
  out.WriteTag(text_tag(field));
  out.WriteVarint32(static_cast<uint32_t>(x.size()));
  out.WriteRaw(x.data(), static_cast<int>(x.size()));
}

void put_number(CodedOutputStream& out, int field, uint64_t x) {
  if (x == 0)
    return;
  out.WriteTag(number_tag(field));
  out.WriteVarint64(x);
}

std::string entry(const std::string& key, const std::string& value) {
  std::string result;
  google::protobuf::io::StringOutputStream to{&result};
  CodedOutputStream out{&to};
  put_text(out, 1, key);
  put_text(out, 2, value);
  out.Trim();
  return result;
}

} // namespace

expected<update> parse_update(std::string_view bytes) {
  auto broken = mica::error{errc::protocol_error,
                            "gossip: a user message is no gossip.Update of Go Micro"};
  if (bytes.size() > INT32_MAX)
    return broken;
  CodedInputStream in{reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size())};
  update result;
  result.type = result.what = 0;
  while (auto tag = in.ReadTag())
    if (!read_field(in, tag, result))
      return broken;
  if (!in.ConsumedEntireMessage())
    return broken;
  return result;
}

std::string write(const update& x) {
  std::string result;
  google::protobuf::io::StringOutputStream to{&result};
  CodedOutputStream out{&to};
  put_number(out, 1, x.expires);
  put_number(out, 2, static_cast<uint64_t>(x.type));
  put_number(out, 3, static_cast<uint64_t>(x.what));
  for (auto& [key, value] : x.metadata)
    put_text(out, 6, entry(key, value));
  if (!x.data.empty())
    put_text(out, 7, x.data);
  out.Trim();
  return result;
}

} // namespace mica::discovery::gossip
