// Texts of others in lines of our own.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mica::detail {

/// At most `bytes` of a text, with `...` behind it if there was more, cut between
/// UTF-8 characters; control characters become blanks.
std::string line_text(std::string_view text, size_t bytes);

} // namespace mica::detail
