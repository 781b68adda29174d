// The small grammars of gRPC's header fields: times, texts, bytes.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mica::grpc {

/// Reads grpc-timeout: one to eight digits and one of H, M, S, m, u, n. What does not
/// fit counts as the most that does; nullopt for anything else.
std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept;

/// Writes grpc-timeout in the finest unit whose number has eight digits or less,
/// rounded up; `0n` for no time and less.
std::string format_timeout(std::chrono::nanoseconds time);

/// Percent-encodes a text for grpc-message: all but blank to `~`, and `%`.
std::string encode_percent(std::string_view text);

/// The reverse; what is no escape stays as it is (PROTOCOL-HTTP2.md: never fail).
std::string decode_percent(std::string_view text);

/// Appends the base64 form of one value of a field `...-bin`, unpadded.
void append_binary(std::string& out, std::string_view bytes);

/// Reads one such value, padded or not; nullopt if it is no base64.
std::optional<std::string> parse_binary(std::string_view text);

} // namespace mica::grpc
