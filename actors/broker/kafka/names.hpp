// Topics, groups and addresses as Kafka names them. Pure.

#pragma once

#include "mica/codecs/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::broker::kafka {

/// Refuses what no topic can be: Kafka takes 1 to 249 letters, digits, `.`, `_` and
/// `-`, but not `.` and `..`. Fails with `errc::invalid_argument`.
expected<void> check_topic(std::string_view topic);

/// Refuses groups above 249 bytes or with control characters.
expected<void> check_queue(std::string_view queue);

/// Reads `host[:port]`, `[v6]:port`; a missing port becomes 9092. Returns
/// `host:port`; fails with `errc::invalid_argument`.
expected<std::string> parse_address(std::string_view text);

/// The metadata of a commit: how far the partition was delivered. Others leave texts of
/// their own there: -1.
std::string write_delivered(int64_t offset);
int64_t read_delivered(std::string_view metadata);

} // namespace mica::broker::kafka
