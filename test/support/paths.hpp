// Where the sources and the build are. Functions, and no compile definitions: a test's
// object file then is the same in every checkout, and ccache has it.

#pragma once

#include <string>

namespace mica::test {

/// The file of the source tree with this path, e.g. `docs/flags.md`.
std::string source_path(const std::string& path);

/// The file of the build tree with this path, e.g. `bin/mica`.
std::string build_path(const std::string& path);

} // namespace mica::test
