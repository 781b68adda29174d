// Streams of messages, on both sides of a call.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/metadata.hpp"

#include <google/protobuf/message.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mica {

namespace detail {

/// What there is to read.
enum class read_state : uint8_t {
  /// Nothing yet.
  waiting,
  /// A message.
  message,
  /// No more messages: the peer is done, or the stream failed.
  over,
};

/// One stream, whatever its types: `stream<In, Out>` is a thin shell of it. Belongs to
/// its home; only what says so is for any thread.
class any_stream {
public:
  virtual ~any_stream();

  /// Decodes the next message into `into`, if it is there. @pre nobody waits for one
  virtual read_state take(google::protobuf::Message& into) = 0;

  /// Somebody who waits: `resume(about)` is called once, at the home.
  struct waiter {
    void (*resume)(void* about) = nullptr;
    void* about = nullptr;
  };

  /// Takes the next message into `into` when it comes, says so in `state` and resumes
  /// `who`. Throws std::logic_error if somebody waits for one already.
  virtual void await_message(google::protobuf::Message& into, read_state& state,
                             waiter who) = 0;

  /// Hands every message to `take`, decoded into `storage`.
  virtual void
  on_message(std::unique_ptr<google::protobuf::Message> storage,
             std::function<void(google::protobuf::Message& message)> take) = 0;

  /// Sends; false if the stream is over for us.
  virtual bool write(const google::protobuf::Message& message) = 0;

  /// Open, and the output is below its bound.
  virtual bool writable() const = 0;

  /// Open for writing, whatever waits.
  virtual bool open() const = 0;

  /// Resumes `who` when `writable` is true or the stream is over. Throws
  /// std::logic_error if somebody waits already.
  virtual void await_writable(waiter who) = 0;

  /// Who waits with this `about` does so no more.
  virtual void forget(void* about) noexcept = 0;

  virtual void on_writable(std::function<void()> then) = 0;
  virtual void on_end(std::function<void(const error& why)> then) = 0;

  virtual void end() = 0;
  virtual void fail(error why) = 0;
  virtual void cancel() = 0;

  virtual error failure() const = 0;
  virtual bool compressed() const;
  virtual const metadata& headers() const = 0;
  virtual const metadata& trailers() const = 0;

  /// Any thread.
  virtual void at_home(std::function<void()> run) = 0;
};

/// Shared by all copies of a stream; the last one to go drops the stream. Any thread.
using stream_ptr = std::shared_ptr<any_stream>;

/// Waits in a coroutine. Lives in its frame, and says so when that is destroyed.
class stream_wait {
public:
  explicit stream_wait(any_stream& on) : on_(on) {
    // nop
  }

  stream_wait(const stream_wait&) = delete;
  stream_wait& operator=(const stream_wait&) = delete;

  ~stream_wait() {
    if (frame_)
      on_.forget(this);
  }

protected:
  any_stream::waiter as_waiter(std::coroutine_handle<> frame) {
    frame_ = frame;
    return {[](void* about) {
              std::exchange(static_cast<stream_wait*>(about)->frame_, {}).resume();
            },
            this};
  }

  any_stream& on_;

private:
  std::coroutine_handle<> frame_;
};

/// `co_await`s the next message into an object of the caller's: true if there is one.
class read_into : public stream_wait {
public:
  read_into(any_stream& from, google::protobuf::Message& into)
    : stream_wait(from),
      into_(into) {
    // nop
  }

  bool await_ready() {
    state_ = on_.take(into_);
    return state_ != read_state::waiting;
  }

  void await_suspend(std::coroutine_handle<> frame) {
    on_.await_message(into_, state_, as_waiter(frame));
  }

  bool await_resume() const noexcept {
    return state_ == read_state::message;
  }

private:
  google::protobuf::Message& into_;
  read_state state_ = read_state::waiting;
};

/// `co_await`s the next message.
template <class T>
class read_one : public stream_wait {
public:
  using stream_wait::stream_wait;

  bool await_ready() {
    state_ = on_.take(message_);
    return state_ != read_state::waiting;
  }

  void await_suspend(std::coroutine_handle<> frame) {
    on_.await_message(message_, state_, as_waiter(frame));
  }

  std::optional<T> await_resume() {
    if (state_ != read_state::message)
      return std::nullopt;
    return std::optional<T>{std::move(message_)};
  }

private:
  T message_;
  read_state state_ = read_state::waiting;
};

/// The outcome of a write: at once as a bool, or `co_await`ed until there is room for
/// the next one.
class write_done : public stream_wait {
public:
  write_done(any_stream& to, bool sent) : stream_wait(to), sent_(sent) {
    // nop
  }

  /// False: the stream is over for us, the message was not sent.
  explicit operator bool() const noexcept {
    return sent_;
  }

  bool await_ready() const {
    return !sent_ || on_.writable() || !on_.open();
  }

  void await_suspend(std::coroutine_handle<> frame) {
    on_.await_writable(as_waiter(frame));
  }

  bool await_resume() const {
    return sent_ && on_.open();
  }

private:
  bool sent_;
};

/// Stands for a message that a side does not send.
struct no_message;

template <class T>
using message_or_none = std::conditional_t<std::is_void_v<T>, no_message, T>;

} // namespace detail

/// One call's stream: reads `In`, writes `Out`; `void` for the direction that has a
/// single message, which the method's request or nothing stands for. On a server that
/// is `stream<Request, Response>`, on a client `stream<Response, Request>`.
///
/// Cheap to copy; all copies are one stream. When the last one goes without an end, a
/// server's stream fails with 500 and a client's is cancelled.
///
/// A stream has a home: the handler's actor, or where the client's `caller` says. Use
/// it there alone; `at_home` gets you there from elsewhere, and copies may be made and
/// dropped on any thread. Callbacks and coroutines run there, never two at once.
///
/// Await on its own: GCC 12 runs the operand of `co_await` in `if (x && co_await y())`
/// whatever `x` is.
///
/// Nothing is read ahead without bound: the peer's window opens as messages are taken.
template <class In, class Out>
class stream {
public:
  /// No stream; only assigning to it makes sense.
  stream() = default;

  explicit stream(detail::stream_ptr core) : core_(std::move(core)) {
    // nop
  }

  explicit operator bool() const noexcept {
    return core_ != nullptr;
  }

  // -- reading -------------------------------------------------------------------

  /// `std::optional<In> next = co_await peer.read();` Empty: there are no more, and
  /// `failure` says whether that is the regular end. One reader at a time.
  detail::read_one<In> read() const requires(!std::is_void_v<In>) {
    return detail::read_one<In>{*core_};
  }

  /// The same into an object that is used again: `while (co_await peer.read(note))`.
  detail::read_into read(detail::message_or_none<In>& into) const
      requires(!std::is_void_v<In>) {
    return {*core_, into};
  }

  /// Calls `then(message)` with every message, an `In&&` that is used again unless it
  /// is moved from. On a server not while the output is over its bound. Replaces what
  /// was set before.
  template <class F>
  void on_message(F then) const requires(!std::is_void_v<In>) {
    core_->on_message(std::make_unique<In>(),
                      [then = std::move(then)](google::protobuf::Message& x) mutable {
                        then(std::move(static_cast<In&>(x)));
                      });
  }

  // -- writing -------------------------------------------------------------------

  /// Sends a message, which is encoded before this returns. `co_await` the result to
  /// wait while the output is over its bound (`http2_limits::stream_output_bytes`), or
  /// look at `writable`; whoever does neither and goes on loses the stream at
  /// `stream_limits::unawaited_output_bytes`. False: the stream is over for us.
  detail::write_done write(const detail::message_or_none<Out>& message) const
      requires(!std::is_void_v<Out>) {
    return {*core_, core_->write(message)};
  }

  /// The stream is open for writing and the output is below its bound.
  bool writable() const {
    return core_->writable();
  }

  /// Calls `then` whenever the output has fallen below half of its bound after it had
  /// reached it.
  void on_writable(std::function<void()> then) const {
    core_->on_writable(std::move(then));
  }

  // -- the end -------------------------------------------------------------------

  /// We send no more. On a server that is the end of the call, with success.
  void end() const {
    core_->end();
  }

  /// Ends the call with an error; a client cancels it.
  void fail(error why) const {
    core_->fail(std::move(why));
  }

  /// Gives up both directions: the peer is told that the call was cancelled.
  void cancel() const {
    core_->cancel();
  }

  /// Calls `then` once, behind the last message, when there is nothing more to read. On
  /// a client `why` is the outcome of the call, "none" for success. On a server it is
  /// "none" when the peer or the handler itself has ended the stream, else
  /// `errc::cancelled`, `errc::timeout` or what was wrong with a message. A method that
  /// streams to the client alone has read its request: only the end of the call counts.
  void on_end(std::function<void(const error& why)> then) const {
    core_->on_end(std::move(then));
  }

  /// Why there is nothing more to read; "none" while there may be, and after a regular
  /// end.
  error failure() const {
    return core_->failure();
  }

  /// Whether the message that was read last came compressed; gRPC only.
  bool compressed() const {
    return core_->compressed();
  }

  /// On a client: the fields in front of the first message; empty until they are there.
  const metadata& headers() const {
    return core_->headers();
  }

  /// On a client: the metadata that came with the outcome.
  const metadata& trailers() const {
    return core_->trailers();
  }

  /// Runs `run` at the stream's home, also if the stream is over by then. For any
  /// thread.
  void at_home(std::function<void()> run) const {
    core_->at_home(std::move(run));
  }

  const detail::stream_ptr& core() const noexcept {
    return core_;
  }

private:
  detail::stream_ptr core_;
};

/// Bounds of streams, in addition to `http2_limits`. docs/limits.md explains each.
struct stream_limits {
  /// Bytes that wait to be written although nobody awaits them. Beyond: the stream
  /// fails with `errc::limit_exceeded`.
  size_t unawaited_output_bytes = 8 * 1024 * 1024;
  /// Bytes taken by the user's code before the peer's window is told of it; less if a
  /// quarter of the window is.
  size_t consume_bytes = 4 * 1024;
  /// Messages that an actor has sent to a stream (mica/actors/stream_actor.hpp) and
  /// that wait for their turn. Beyond: the stream fails with `errc::limit_exceeded`.
  size_t actor_writes = 1000;
  /// Output that is collected while the user's code runs, before it is handed on.
  size_t collect_bytes = 16 * 1024;
};

} // namespace mica
