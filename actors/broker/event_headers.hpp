// The fields of an event (wire reference 5.2).

#pragma once

#include "mica/actors/event.hpp"
#include "mica/codecs/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::detail {

/// Bytes of an error's text in a dead letter.
inline constexpr size_t max_reason_bytes = 512;

/// Writes the fields of a new event: the publisher's own but for those that mica sets,
/// then `Content-Type`, `Micro-Topic`, `Micro-Id`, `Micro-From-Service`.
void write_headers(metadata& to, const metadata& own, std::string_view content_type,
                   std::string_view topic, std::string_view from_service);

/// Adds the trace fields of `from` that `to` has not: W3C's `traceparent` and
/// `tracestate`, Go Micro's `Micro-Trace-Id`, `Micro-Span-Id`, `Micro-Parent-Id`.
void copy_trace(const metadata& from, metadata& to);

/// The event to publish on a dead-letter topic: the same body and fields, and
/// `Mica-Original-Topic`, `Mica-Original-Id`, `Mica-Attempts`, `Mica-Error`.
event_ptr make_dead_letter(const event& what, std::string topic, uint32_t attempts,
                           const error& why);

/// A UUID (RFC 9562, version 4) for `Micro-Id`. Not for secrets: a generator per
/// thread, seeded by the kernel, because a system call costs more than a publish.
std::string make_micro_id();

} // namespace mica::detail
