// Why protobuf refused some bytes.

#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class Descriptor;
}

namespace mica::proto {

/// Returns the first thing wrong with `body` as a message of this type, with field
/// and offset: `"at byte 2: field name (1) wants 200 bytes, 4 are left"`. Empty if
/// it finds nothing.
///
/// Slow; meant for bodies that protobuf has refused, because protobuf itself says
/// no more than that. Looks no deeper than protobuf does (100 levels).
std::string explain(std::string_view body, const google::protobuf::Descriptor& message);

} // namespace mica::proto
