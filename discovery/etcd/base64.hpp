// Bytes in etcd's JSON.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mica::discovery::etcd {

/// RFC 4648, 4: standard alphabet, padded.
void append_base64(std::string& out, std::string_view bytes);

/// Nothing if it is none.
std::optional<std::string> parse_base64(std::string_view text);

} // namespace mica::discovery::etcd
