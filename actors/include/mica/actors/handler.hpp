// The base of every generated service, and what can be wrapped around it.

#pragma once

#include "mica/actors/context.hpp"
#include "mica/codecs/endpoint.hpp"

#include <functional>

namespace mica {

/// A service's object. Lives inside one actor: one call at a time, no locks.
///
/// A handler that throws costs its own call, which is answered 500; the object is
/// then replaced by a new one, made as the first one was.
class handler {
public:
  virtual ~handler();

  /// The generated description.
  virtual const service_descriptor& descriptor() const noexcept = 0;

  /// Calls the method of this number. Generated.
  /// @param request of the type that the descriptor names.
  virtual void invoke(size_t method, context& call,
                      const google::protobuf::Message& request) = 0;
};

/// One step of a call on the server. The answer goes through the context
/// (`answer`, `fail`); `context::on_done` sees it, however late it comes.
using handler_function =
    std::function<void(context& call, const google::protobuf::Message& request)>;

/// Wraps the next step; the first one listed is outermost, as in Go Micro.
using handler_wrapper = std::function<handler_function(handler_function next)>;

/// Where a handler's actor runs.
enum class placement : uint8_t {
  /// CAF's scheduler: may compute, must not block. The default.
  worker,
  /// The I/O thread: no hop at all; must be quick.
  lane,
  /// A thread of its own: may block.
  thread,
};

inline constexpr placement worker = placement::worker;
inline constexpr placement lane = placement::lane;
inline constexpr placement thread = placement::thread;

struct handle_options {
  mica::placement placement = worker;
  /// Calls that wait for this handler; beyond: 503, `errc::overloaded`.
  size_t waiting_calls = 10'000;
  /// Not advertised in the registry.
  bool internal = false;
};

} // namespace mica
