// The fields of a request that mean something to RPC.

#pragma once

#include "mica/codecs/metadata.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace mica::mucp {

/// Views into the fields; empty if absent. `Micro-X` goes before `X-Micro-X`, the
/// first of a repeated field before the others (wire reference 3.1).
struct micro_fields {
  std::string_view service;
  std::string_view endpoint;
  std::string_view method;
  std::string_view id;
  std::string_view stream;
  std::string_view error;
  std::string_view topic;
  std::string_view target;
  std::string_view protocol;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view timeout;
  /// There is a Micro-* field, known or not.
  bool any = false;
};

/// One pass over all fields.
micro_fields scan(const metadata& fields);

/// Tells whether this field means something to the protocol, so that metadata of the
/// user must not hold it: Micro-Id, -Service, -Method, -Endpoint, -Stream, -Error,
/// -Topic, -Target, -Protocol and their X- forms.
bool is_micro_field(std::string_view name) noexcept;

/// Tells whether this field frames the message or belongs to the connection.
bool is_framing_field(std::string_view name) noexcept;

/// Reads `Timeout`: decimal nanoseconds; more than fit count as the most that do. A
/// negative time is one that has passed. Nullopt for anything else.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept;

/// Adds a field of ours. Line breaks and NUL in the value become blanks, as in Go, so
/// that no value can begin a field or a message of its own.
/// @pre `name` is a token.
void add_field(metadata& to, std::string_view name, std::string_view value);

/// As `add_field` for names of others: what is no token is left out.
void add_foreign_field(metadata& to, std::string_view name, std::string_view value);

} // namespace mica::mucp
