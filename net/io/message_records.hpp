// The messages of a pipe over HTTP/1.1 as the bytes of a stream, and back.

#pragma once

#include "mica/codecs/grpc_frame.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::net {

/// Returns a message as a receiver gets it: behind gRPC's prefix, so that streams look
/// alike whatever carries them.
inline std::string make_record(std::string_view body) {
  auto size = static_cast<uint32_t>(body.size());
  std::string result;
  result.reserve(grpc::prefix_bytes + body.size());
  result += '\0';
  for (auto shift : {24, 16, 8, 0})
    result += static_cast<char>(size >> shift);
  result += body;
  return result;
}

/// Takes the body of the next message from the front of `records`. False at the end, or
/// if what is left is no whole message: `records` is not empty then.
inline bool next_record(std::string_view& records, std::string_view& body) {
  if (records.size() < grpc::prefix_bytes)
    return false;
  uint32_t size = 0;
  for (size_t i = 1; i < grpc::prefix_bytes; ++i)
    size = (size << 8) | static_cast<uint8_t>(records[i]);
  if (records[0] != '\0' || size > records.size() - grpc::prefix_bytes)
    return false;
  body = records.substr(grpc::prefix_bytes, size);
  records.remove_prefix(grpc::prefix_bytes + size);
  return true;
}

} // namespace mica::net
