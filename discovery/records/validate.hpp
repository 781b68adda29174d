// What every registry refuses.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>

namespace mica::discovery {

/// Returns what is wrong with a registration: `errc::invalid_argument` for no name, no
/// node, a node without id or address, an id given twice, or a negative `ttl`.
error validate(const service_record& record, std::chrono::nanoseconds ttl);

} // namespace mica::discovery
