// The text forms of trace and span ids: pure functions.

#pragma once

#include "mica/actors/wrapper_tracing.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mica::detail {

/// Reads `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`; later versions may say more
/// behind that. Nothing for version ff, for upper case and for ids that are all zero
/// (W3C Trace Context, 3.2.2).
std::optional<trace_context> parse_traceparent(std::string_view text);

std::string to_traceparent(const trace_context& x);

/// Reads Go Micro's ids. @param trace any text but an empty one. @param span may be
/// empty.
std::optional<trace_context> parse_micro_trace(std::string_view trace,
                                               std::string_view span);

/// A trace id in the form of a UUID, as Go Micro's are.
std::string to_uuid(const std::array<uint8_t, 16>& id);

/// Joins the `tracestate` fields; empty if there is none or if they are longer than 512
/// bytes.
std::string join_tracestate(const metadata& from);

/// A new random id, never all zero.
void fill_random(uint8_t* bytes, size_t count);

/// Whether a trace that begins here is sampled: by its id, so that everybody who asks
/// with the same ratio decides the same.
bool sampled_by_ratio(const std::array<uint8_t, 16>& trace_id, double ratio);

} // namespace mica::detail
