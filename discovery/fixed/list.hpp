// Lists of nodes as people write them. Pure.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::fixed {

/// Bytes of a file. Beyond: it is refused.
inline constexpr size_t max_file_bytes = 1024 * 1024;

/// Nodes of a list. Beyond: it is refused.
inline constexpr size_t max_nodes = 10'000;

using records = std::vector<service_record>;

/// Reads `service=address` each. Fails with `errc::invalid_argument`.
expected<records> read_pairs(const std::vector<std::string>& pairs);

/// Reads a node a line, `service address key=value...`; `#` begins a comment. Fails
/// with `errc::invalid_argument`; the text begins with `name:LINE:`.
expected<records> read_lines(std::string_view text, const std::string& name);

/// Puts two lists together: one record per service and version. A node has the id
/// `service-address`, so that the same one is there once; the later mention counts.
records merge(records first, records second);

/// Nodes of `before` whose ids are nowhere in `after`.
records without(const records& before, const records& after);

} // namespace mica::discovery::fixed
