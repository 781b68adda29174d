// The public descriptors of the protocols that every service speaks.

#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace mica::detail {

/// Where the public name of a protocol differs from that of our own file.
struct public_name {
  /// `grpc.health.v1`.
  std::string package;
  /// `grpc/health/v1/health.proto`.
  std::string file;
};

/// Builds in `pool` what `own` is known as outside: the same declarations under
/// another package and file name.
/// @pre `own` imports nothing, and `pool` has neither the file nor its symbols.
/// @returns the file; lives as long as `pool`.
const google::protobuf::FileDescriptor*
add_public_file(const google::protobuf::FileDescriptor& own, const public_name& name,
                google::protobuf::DescriptorPool& pool);

} // namespace mica::detail
