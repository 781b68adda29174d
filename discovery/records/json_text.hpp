// Writes JSON text as Go's encoding/json does.

#pragma once

#include "mica/discovery/records.hpp"

#include <string>
#include <string_view>

namespace mica::discovery {

/// Appends a JSON string. `<`, `>`, `&`, U+2028 and U+2029 are escaped (Go's
/// SetEscapeHTML, its default); each byte that is no UTF-8 becomes `\ufffd`.
void append_string(std::string& out, std::string_view text);

/// Appends an object with sorted keys, or `if_empty`.
void append_labels(std::string& out, const labels& xs, std::string_view if_empty);

void append_endpoint(std::string& out, const endpoint& x);

} // namespace mica::discovery
