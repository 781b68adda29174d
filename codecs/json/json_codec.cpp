#include "mica/codecs/codec.hpp"

#include "json/reader.hpp"
#include "json/writer.hpp"

#include <google/protobuf/message.h>

namespace mica {

namespace {

class json_bodies final : public codec {
public:
  std::string_view name() const noexcept override {
    return "json";
  }

  expected<void> encode(const google::protobuf::Message& message,
                        std::string& out) const override {
    auto result = json::writer{out}.write(message);
    // Go's Encoder ends each value by a line break.
    out += '\n';
    return result;
  }

  expected<void> decode(std::string_view body,
                        google::protobuf::Message& message) const override {
    // Go Micro's servers take a body of no bytes for the empty message.
    return json::reader{body.empty() ? "{}" : body}.read(message);
  }
};

} // namespace

std::shared_ptr<const codec> json_codec() {
  return std::make_shared<json_bodies>();
}

} // namespace mica
