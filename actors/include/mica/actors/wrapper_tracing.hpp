// Tracing: which calls belong together, across processes.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/subscriber.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mica {

/// Where in which trace something happens (W3C Trace Context, level 1).
struct trace_context {
  std::array<uint8_t, 16> trace_id = {};
  std::array<uint8_t, 8> span_id = {};
  /// Bit 0: somebody wants to see this trace.
  uint8_t flags = 0;
  /// `tracestate` as it came; at most 512 bytes, else empty.
  std::string state = {};
  /// Go Micro's name of the trace, where that is how it came; empty else.
  std::string micro_trace = {};

  bool sampled() const noexcept {
    return (flags & 1) != 0;
  }
};

/// Lower-case hexadecimal.
std::string to_hex(const std::array<uint8_t, 16>& id);
std::string to_hex(const std::array<uint8_t, 8>& id);

/// Reads `traceparent` and `tracestate`, or Go Micro's `Micro-Trace-Id` and
/// `Micro-Span-Id`; nothing if neither can be read. UUIDs, which is what Go Micro
/// sends, keep their digits; other names are hashed, everywhere to the same.
std::optional<trace_context> read_trace(const metadata& from);

/// Writes both forms; replaces what was there.
/// @param parent of this span; written for Go Micro's readers alone.
void write_trace(const trace_context& what, const std::array<uint8_t, 8>& parent,
                 metadata& to);

enum class span_kind : uint8_t { server, client, consumer };

/// Something that has happened, for whoever collects such.
struct span {
  trace_context context;
  /// All zero: this is the first of its trace.
  std::array<uint8_t, 8> parent = {};
  span_kind kind = span_kind::server;
  /// `greeter` and `Greeter.Hello`: who was called. Of an event, who handled it and its
  /// topic.
  std::string service;
  std::string endpoint;
  /// The caller's `host:port`, on servers.
  std::string peer;
  std::chrono::system_clock::time_point start;
  std::chrono::nanoseconds duration{0};
  /// "None" on success.
  error failure;
};

struct tracing_options {
  /// Takes each span that is sampled when it is over, on whatever thread that happens;
  /// must be quick. What it throws is dropped. Null: ids travel and nothing is
  /// collected.
  std::function<void(const span&)> collect = {};
  /// Part of the traces that begin here and are sampled, 0 to 1. Of others the one who
  /// began them decides.
  double sample_ratio = 1;
};

/// A span for each call. A call that a handler makes (`client.hello(call, ...)`)
/// becomes a child of the one it answers, if both wrappers are there; for others
/// `call_options::headers` may say the parent.
class tracing {
public:
  explicit tracing(tracing_options how = {});

  handler_wrapper handler() const;
  client_wrapper client() const;

  /// A span for each delivery, below the one that the event's headers name.
  subscriber_wrapper subscriber() const;

private:
  std::shared_ptr<const tracing_options> how_;
};

/// The span of a handler's call, as the tracing wrapper made it; null without one.
/// Lives as long as the call.
const trace_context* trace_of(context& call);

} // namespace mica
