// Reads JSON text as Go's encoding/json does, within limits.

#pragma once

#include "mica/discovery/records.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mica::discovery {

/// Bytes of one record. A service with a thousand endpoints has 300 kB.
constexpr size_t max_record_bytes = 1'048'576;

/// Brackets open at once. Go's own records have ten.
constexpr size_t max_record_depth = 64;

/// Parses any JSON of at most `limit` bytes within the limit of depth. Nothing on
/// failure; `why` says where.
std::optional<nlohmann::json> parse_json(std::string_view text, std::string& why,
                                         size_t limit = max_record_bytes);

/// The member `key` of an object: written exactly so, else in any case; nullptr if
/// it is missing or null.
const nlohmann::json* member(const nlohmann::json& object, std::string_view key);

// Each of these leaves its result alone if `from` lacks the key or has null there,
// and returns false if what stands there has another type; `why` then starts with the
// path to it.
bool read(const nlohmann::json& from, std::string_view key, std::string& to,
          std::string& why);
bool read(const nlohmann::json& from, std::string_view key, labels& to,
          std::string& why);
bool read(const nlohmann::json& from, std::string_view key, std::vector<endpoint>& to,
          std::string& why);

} // namespace mica::discovery
