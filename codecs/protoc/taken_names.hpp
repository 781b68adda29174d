// The C++ names that generated classes must not take again.

#pragma once

#include <google/protobuf/descriptor.h>

#include <array>
#include <map>
#include <string>

namespace mica::protoc {

/// C++ name -> what has it, in words: `message Outer.Inner`.
using taken_names = std::map<std::string, std::string>;

/// Returns what is declared in the namespace of `file` by others: by protoc for the
/// file itself, by protoc and by this plugin for all that it imports, directly or
/// not, from the same package.
taken_names names_taken_for(const google::protobuf::FileDescriptor& file);

/// Returns the names that this plugin declares for a service with this stem.
std::array<std::string, 5> names_of_service(const std::string& stem);

} // namespace mica::protoc
