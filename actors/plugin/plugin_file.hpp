// Plugins: shared objects that bring one part of a service.

#pragma once

#include "mica/actors/plugin.hpp"
#include "mica/codecs/expected.hpp"
#include "plugin/extensions.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mica::detail {

/// Plugins of one service. Beyond: the flags are refused.
inline constexpr size_t max_plugins = 64;

std::string_view to_string(plugin_kind kind);

/// What is wrong with a plugin of `file`; no error if nothing is. Pure.
error check_handshake(const plugin_handshake& what, const std::string& file);

/// Loads a shared object and looks at its handshake. It stays loaded until the process
/// ends, since actors may run its code. A name without a slash is a file of the working
/// directory, as for other flags, not one of the linker's path.
/// Fails with `errc::not_found` (no such file), `errc::invalid_argument` (no shared
/// object, no plugin) or `errc::conflict` (another version, another ABI).
expected<const plugin*> open_plugin(const std::string& file);

/// Opens `file` and adds what it makes. Fails also with `errc::conflict` (the name is
/// taken, also by a part of this build) or `errc::internal` (its function throws).
/// @returns the kind and the name, e.g. `registry phonebook`
expected<std::string> load_plugin(const std::string& file, extensions& to);

} // namespace mica::detail
