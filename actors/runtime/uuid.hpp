#pragma once

#include <string>

namespace mica::detail {

/// Returns a random UUID (RFC 9562, version 4), from the kernel's generator.
std::string make_uuid();

} // namespace mica::detail
