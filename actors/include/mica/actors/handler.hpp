// The base of every generated service, and what can be wrapped around it.

#pragma once

#include "mica/actors/context.hpp"
#include "mica/actors/stream.hpp"
#include "mica/actors/task.hpp"
#include "mica/codecs/endpoint.hpp"

#include <functional>

namespace mica {

/// A service's object. Lives inside one actor: no two of its methods run at once, and
/// neither do its coroutines and callbacks; no locks.
///
/// A handler that throws costs its own call, which is answered 500; the object is
/// then replaced by a new one, made as the first one was. Streams that are open stay
/// with the old one, which goes with the last of them.
class handler {
public:
  virtual ~handler();

  /// The generated description.
  virtual const service_descriptor& descriptor() const noexcept = 0;

  /// Calls the method of this number. Generated.
  /// @param request of the type that the descriptor names.
  virtual void invoke(size_t method, context& call,
                      const google::protobuf::Message& request) = 0;

  /// Begins the call of a method with a stream. Generated for services that have one;
  /// fails the call with `errc::unimplemented` else.
  /// @param request the request of a method that streams to the client alone, which may
  ///        be moved from; an empty message else.
  /// @param call lives as long as the stream.
  virtual task open(size_t method, context& call, google::protobuf::Message& request,
                    detail::stream_ptr peer);
};

/// One step of a call on the server. The answer goes through the context
/// (`answer`, `fail`); `context::on_done` sees it, however late it comes. Of a call
/// with a stream the steps see the opening, once: `request` is as for `handler::open`,
/// `fail` ends the stream.
using handler_function =
    std::function<void(context& call, const google::protobuf::Message& request)>;

/// Wraps the next step; the first one listed is outermost, as in Go Micro.
using handler_wrapper = std::function<handler_function(handler_function next)>;

/// Where a handler's actor runs.
enum class placement : uint8_t {
  /// CAF's scheduler: may compute, must not block. The default.
  worker,
  /// The I/O thread: no hop at all; must be quick. With several (`--lanes`) each has
  /// an object of its own: what they share must be shared by the constructor's
  /// arguments, and be thread-safe.
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
  /// Streams that this handler may have open; beyond: as `waiting_calls`.
  size_t open_streams = 10'000;
};

} // namespace mica
