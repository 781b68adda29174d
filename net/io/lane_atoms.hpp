// Messages between the actors of net/io.

#pragma once

#include <caf/atom.hpp>

namespace mica::net {

/// Look at the deadlines.
using sweep_atom = caf::atom_constant<caf::atom("sweep")>;

/// To a connection: its deadline passed.
using expired_atom = caf::atom_constant<caf::atom("expired")>;

/// To a connection: reset and end.
using abort_atom = caf::atom_constant<caf::atom("abort")>;

/// To itself: end. A `quit` outside of a message handler goes unnoticed by CAF.
using end_atom = caf::atom_constant<caf::atom("end")>;

/// To a listener: one of its connections ended.
using ended_atom = caf::atom_constant<caf::atom("ended")>;

} // namespace mica::net
