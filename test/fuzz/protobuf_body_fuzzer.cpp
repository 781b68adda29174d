// Protobuf bodies: refused ones are explained, accepted ones survive protobuf and JSON.

#include "invariant.hpp"
#include "mica/codecs/codec.hpp"

#include <everything.pb.h>

#include <string>

namespace {

using mica::fuzz::require;

template <class Message>
void read_and_write(std::string_view body) {
  static const auto proto = mica::proto_codec();
  static const auto json = mica::json_codec();
  Message x;
  auto read = proto->decode(body, x);
  if (!read) {
    require(read.error().detail.size() < 8192, "short refusal");
    require(read.error().detail.find(x.GetDescriptor()->full_name()) == 0,
            "the refusal names the message");
    return;
  }
  std::string written;
  require(static_cast<bool>(proto->encode(x, written)), "we write what we read");
  Message again;
  require(static_cast<bool>(proto->decode(written, again)), "and read it again");
  std::string text;
  if (json->encode(x, text))
    require(static_cast<bool>(json->decode(text, again)), "and read its JSON");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body{reinterpret_cast<const char*>(data), size};
  read_and_write<mica::test::Everything>(body);
  read_and_write<mica::test::Known>(body);
  return 0;
}
