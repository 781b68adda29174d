#include "json/known.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace mica::json {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

} // namespace

bool is_wrapper(const Descriptor& type) {
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return true;
    default:
      return false;
  }
}

const Message* prototype_of(std::string_view url) {
  auto slash = url.rfind('/');
  if (slash == url.npos)
    return nullptr;
  const auto* type = DescriptorPool::generated_pool()->FindMessageTypeByName(
      std::string{url.substr(slash + 1)});
  return type ? MessageFactory::generated_factory()->GetPrototype(type) : nullptr;
}

std::string to_camel_case(std::string_view path) {
  std::string result;
  bool up = false;
  for (auto c : path) {
    if (c == '_') {
      up = true;
      continue;
    }
    result += up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    up = false;
  }
  return result;
}

std::string to_snake_case(std::string_view path) {
  std::string result;
  for (auto c : path) {
    if (c >= 'A' && c <= 'Z') {
      result += '_';
      result += static_cast<char>(c - 'A' + 'a');
    } else {
      result += c;
    }
  }
  return result;
}

} // namespace mica::json
