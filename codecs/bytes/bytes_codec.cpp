#include "mica/codecs/codec.hpp"

#include <google/protobuf/wrappers.pb.h>

namespace mica {

namespace {

using google::protobuf::BytesValue;
using google::protobuf::DynamicCastToGenerated;
using google::protobuf::Message;

error wrong_type(const Message& message) {
  return {errc::invalid_argument,
          "application/octet-stream carries google.protobuf.BytesValue and not "
              + message.GetDescriptor()->full_name()};
}

class bytes final : public codec {
public:
  std::string_view name() const noexcept override {
    return "bytes";
  }

  expected<void> encode(const Message& message, std::string& out) const override {
    const auto* raw = DynamicCastToGenerated<BytesValue>(&message);
    if (!raw)
      return wrong_type(message);
    out += raw->value();
    return {};
  }

  expected<void> decode(std::string_view body, Message& message) const override {
    auto* raw = DynamicCastToGenerated<BytesValue>(&message);
    if (!raw)
      return wrong_type(message);
    raw->set_value(body.data(), body.size());
    return {};
  }
};

} // namespace

std::shared_ptr<const codec> bytes_codec() {
  return std::make_shared<bytes>();
}

} // namespace mica
