// Wrappers that write a line for each call, and one that survives what handlers throw.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/subscriber.hpp"
#include "mica/actors/wrapper.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace mica {

struct logging_options {
  /// Takes a line without its end, on any thread; must be quick. Default: stderr, with
  /// the time in front as a service's log has it.
  std::function<void(std::string_view line)> write = {};
  /// Lines also for what went well.
  bool successes = true;
  /// Bytes of an error's text in a line; longer ones are cut.
  size_t text_bytes = 256;
};

/// One line for each call when it is over: what, who, how it ended, how long it took.
/// Neither messages nor metadata are written, and control characters of an error's text
/// are replaced: a peer can't forge lines.
class logging {
public:
  explicit logging(logging_options how = {});

  /// `Greeter.Hello of 127.0.0.1:4711: ok in 0.213 ms`
  handler_wrapper handler() const;

  /// `call of greeter Greeter.Hello: greeter: 400 Bad Request: no name in 1.402 ms`
  client_wrapper client() const;

  /// `attempt 2 of greeter Greeter.Hello at 127.0.0.1:50137: ok in 1.172 ms`
  call_wrapper call() const;

  /// `message 3 of Talk.Chat sent`, before the message is written or was read.
  stream_wrapper stream() const;

  /// `event 5f0b9f9e-... of events, attempt 2: ok in 0.172 ms`, when it was settled.
  subscriber_wrapper subscriber() const;

private:
  logging_options how_;
};

struct recovery_options {
  /// HTTP status of the answer, 400 to 599.
  int code = 500;
  /// Bytes of the exception's text in the answer; longer ones are cut. 0: none of it.
  size_t text_bytes = 256;
  /// Told of each exception, with its whole text; on the handler's actor.
  std::function<void(std::string_view endpoint, std::string_view what)> report = {};
};

/// Answers a call whose handler throws, and lets the handler's object live on. Without
/// this wrapper the call is answered as well, but the object is replaced by a new one.
/// What leaves a coroutine or a callback of a stream is not seen here: it ends its
/// stream, as ever.
handler_wrapper recovery(recovery_options how = {});

/// The same around subscribers: what is thrown nacks the event, and the object lives
/// on. `report` gets the topic.
subscriber_wrapper event_recovery(recovery_options how = {});

} // namespace mica
