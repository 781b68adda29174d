// The messages behind asynchronous calls made by actors.

#pragma once

#include "mica/actors/call.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>

namespace mica::detail {

/// Runs on the actor that receives it: what follows a call.
struct continuation {
  std::function<void()> run;
};

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::continuation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::caller::start)
