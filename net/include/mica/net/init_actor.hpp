// What every actor of mica does before it receives its first message.

#pragma once

#include <caf/fwd.hpp>

namespace mica::net {

/// Keeps CAF from printing to stdout: unknown messages are dropped (a request is
/// answered by `sec::unexpected_message`), down messages ignored, and an exception
/// that leaves a handler ends the actor with its text as the exit reason.
///
/// Call it first in `make_behavior`; handlers set afterwards replace these.
void init_actor(caf::scheduled_actor* self);

} // namespace mica::net
