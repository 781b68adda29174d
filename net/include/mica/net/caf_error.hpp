// mica::error inside CAF: the only place where the two meet.

#pragma once

#include "mica/codecs/error.hpp"

#include <caf/error.hpp>

namespace mica {

/// Wraps `x`, losing nothing. `errc` becomes the code in the category `mica`.
caf::error to_caf(mica::error x);

/// Unwraps; errors of CAF's own categories become the nearest `errc` (a request
/// timeout `errc::timeout`, a dead receiver `errc::unavailable`, else
/// `errc::internal`) with CAF's text.
mica::error from_caf(const caf::error& x);

} // namespace mica
