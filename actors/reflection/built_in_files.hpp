// What reflection says of the services that mica brings along.

#pragma once

#include "reflection/reflection_index.hpp"

namespace mica::detail {

/// Lists Debug, health and both versions of reflection by their public names, but for
/// those of which the program has one itself.
void add_built_in_files(reflection_index& index);

} // namespace mica::detail
