#include "endpoint/go_names.hpp"
#include "mica/codecs/endpoint.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <utility>

namespace mica {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Go Micro's extractor (server/extractor.go, extractValue) looks at the message, its
// fields and the fields of these.
constexpr int max_depth = 3;

std::string element_type(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
      return "float64";
    case FieldDescriptor::TYPE_FLOAT:
      return "float32";
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_SINT64:
    case FieldDescriptor::TYPE_SFIXED64:
      return "int64";
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_FIXED64:
      return "uint64";
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_SINT32:
    case FieldDescriptor::TYPE_SFIXED32:
      return "int32";
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_FIXED32:
      return "uint32";
    case FieldDescriptor::TYPE_BOOL:
      return "bool";
    case FieldDescriptor::TYPE_STRING:
      return "string";
    case FieldDescriptor::TYPE_BYTES:
      return "[]uint8";
    case FieldDescriptor::TYPE_ENUM:
      return go_type_name(*field.enum_type());
    case FieldDescriptor::TYPE_MESSAGE:
    case FieldDescriptor::TYPE_GROUP:
      return go_type_name(*field.message_type());
  }
  return {};
}

std::vector<value> fields_of(const Descriptor& message, int depth);

value describe_field(const FieldDescriptor& field, int depth) {
  value result{field.name(), element_type(field), {}};
  if (field.is_map()) {
    // Go's extractor leaves the type of a map empty; ours says what it is.
    const auto& entry = *field.message_type();
    result.type = "map[" + element_type(*entry.map_key()) + ']'
                  + element_type(*entry.map_value());
  } else if (field.is_repeated()) {
    // It looks into no slice either.
    result.type.insert(0, "[]");
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    result.values = fields_of(*field.message_type(), depth + 1);
  }
  return result;
}

// `depth` of the fields; the message itself has 0.
std::vector<value> fields_of(const Descriptor& message, int depth) {
  std::vector<value> result;
  if (depth >= max_depth)
    return result;
  for (int i = 0; i < message.field_count(); ++i)
    result.push_back(describe_field(*message.field(i), depth));
  return result;
}

value describe_message(const Descriptor& message) {
  return describe(message, go_type_name(message));
}

} // namespace

endpoint describe(const method_descriptor& method) {
  endpoint result{std::string{method.endpoint},
                  describe_message(*method.request->GetDescriptor()),
                  describe_message(*method.response->GetDescriptor()),
                  {}};
  if (method.kind != method_kind::unary)
    result.metadata.emplace("stream", "true");
  return result;
}

value describe(const Descriptor& message, std::string name) {
  return {std::move(name), go_type_name(message), fields_of(message, 1)};
}

} // namespace mica
