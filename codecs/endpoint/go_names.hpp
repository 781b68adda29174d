// What protoc-gen-go calls things.

#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
class EnumDescriptor;
} // namespace google::protobuf

namespace mica {

/// `hello_request` -> `HelloRequest`, `_x` -> `XX`, `item2d` -> `Item2D`: the rule of
/// protoc-gen-go. Dots of nested types become underscores.
std::string go_camel_case(std::string_view name);

/// Name of the generated type without its Go package: `Outer_Inner`.
std::string go_type_name(const google::protobuf::Descriptor& type);

std::string go_type_name(const google::protobuf::EnumDescriptor& type);

} // namespace mica
