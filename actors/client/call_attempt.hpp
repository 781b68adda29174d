// What an attempt that is held needs of its own.

#pragma once

#include "client/client_call.hpp"

namespace mica {

/// Copies of what belongs to whoever makes the attempt.
struct call_attempt::kept_target {
  detail::route where;
  std::optional<discovery::node> node;
};

} // namespace mica
