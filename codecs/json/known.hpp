// What reader and writer share about google.protobuf's own types.

#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
class Message;
} // namespace google::protobuf

namespace mica::json {

/// Tells whether this is one of the wrappers (`Int64Value`, `StringValue`, ...).
bool is_wrapper(const google::protobuf::Descriptor& type);

/// Returns the prototype of what an Any holds, or nullptr if the program has no such
/// type. `url` is what stands in `type_url`, e.g.
/// `type.googleapis.com/greeter.HelloRequest`.
const google::protobuf::Message* prototype_of(std::string_view url);

/// `display_name` -> `displayName`
std::string to_camel_case(std::string_view path);

/// `displayName` -> `display_name`
std::string to_snake_case(std::string_view path);

} // namespace mica::json
