// LZW as memberlist compresses with it.

#pragma once

#include "mica/codecs/expected.hpp"

#include <string>
#include <string_view>

namespace mica::discovery::gossip {

/// Expands LZW with codes of 9 to 12 bits, lowest bit first, over bytes: the variant of
/// GIF and of Go's compress/lzw. Fails with `errc::protocol_error` on a code that can't
/// be or a missing end, with `errc::limit_exceeded` when more than `limit` bytes come
/// out.
expected<std::string> inflate_lzw(std::string_view packed, size_t limit);

/// The inverse, for messages that would not fit otherwise.
std::string deflate_lzw(std::string_view plain);

} // namespace mica::discovery::gossip
