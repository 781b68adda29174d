// The wrapper that lets one call through.

#pragma once

#include "function/one_shot.hpp"
#include "mica/actors/handler.hpp"

#include <memory>

namespace mica::detail {

/// Lets the call that takes `use` pass, and says how it ended; refuses all others. Goes
/// around all other wrappers.
handler_wrapper once(std::shared_ptr<one_shot> use);

} // namespace mica::detail
