// The one message of a unary body.

#pragma once

#include "mica/codecs/grpc_frame.hpp"

#include <string>
#include <string_view>

namespace mica::grpc {

/// Checks that `body` is exactly one message. Sets `offset` to where it begins in
/// `body`; 0 if it was compressed: it stands in `unpacked` then.
/// @param what `request` or `response`, for errors.
expected<void> check_single(std::string_view body, coding from, size_t message_bytes,
                            std::string_view what, std::string& unpacked,
                            size_t& offset);

/// Completes a message whose `offset` bytes in front are free, or makes room first.
/// @pre `offset` is 0 or `prefix_bytes`.
expected<void> frame(std::string& body, size_t offset, coding as, size_t message_bytes);

} // namespace mica::grpc
