// Looking up names in one file's descriptors.

#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>

namespace mica::detail {

/// Returns the message with this full name (`package.Outer.Inner`), or null.
const google::protobuf::Descriptor*
find_message(const google::protobuf::FileDescriptor& in, std::string_view full_name);

/// True if the file declares `full_name`: a message, field, oneof, enum, enum value,
/// extension, service or method.
bool declares(const google::protobuf::FileDescriptor& in, std::string_view full_name);

} // namespace mica::detail
