// `mica plugin check FILE.so`.

#pragma once

#include <string>

namespace mica::cli {

/// Loads a plugin, says what it is, and tries the claims of its kind, one line each.
/// Fails if one does not hold, or if the file is refused.
int check_plugin(const std::string& file);

} // namespace mica::cli
