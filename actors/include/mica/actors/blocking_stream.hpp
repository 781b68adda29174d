// A client's stream for plain threads.

#pragma once

#include "mica/actors/stream.hpp"
#include "mica/codecs/expected.hpp"

#include <optional>
#include <utility>

namespace mica {

namespace detail {

/// What `blocking_stream` waits with. Thread-safe.
class blocking_core {
public:
  virtual ~blocking_core();

  /// Blocks until there is a message or none will come.
  virtual bool read(google::protobuf::Message& into) = 0;

  /// Blocks while the output is over its bound.
  virtual bool write(const google::protobuf::Message& message) = 0;

  virtual void end() = 0;
  virtual void cancel() = 0;
  virtual error failure() = 0;
  virtual bool compressed() = 0;
  virtual expected<void> finish() = 0;
  virtual metadata headers() = 0;
  virtual metadata trailers() = 0;
};

using blocking_ptr = std::shared_ptr<blocking_core>;

} // namespace detail

/// One call's stream on a client, read and written by threads that may wait: one may
/// read while another one writes. Thread-safe. Cheap to copy; when the last copy goes,
/// a call that has no outcome yet is cancelled.
///
/// On an actor's thread the call fails at once with `errc::would_block`.
template <class In, class Out>
class blocking_stream {
public:
  explicit blocking_stream(detail::blocking_ptr core) : core_(std::move(core)) {
    // nop
  }

  /// Waits for the next message. Empty: there are no more, see `finish`.
  std::optional<In> read() const requires(!std::is_void_v<In>) {
    In message;
    if (!core_->read(message))
      return std::nullopt;
    return std::optional<In>{std::move(message)};
  }

  /// The same into an object that is used again: true if there was a message.
  bool read(detail::message_or_none<In>& into) const requires(!std::is_void_v<In>) {
    return core_->read(into);
  }

  /// Sends a message; waits while the output is over its bound. False: the stream is
  /// over, `finish` says why.
  bool write(const detail::message_or_none<Out>& message) const
      requires(!std::is_void_v<Out>) {
    return core_->write(message);
  }

  /// We send no more.
  void end() const {
    core_->end();
  }

  /// Gives the call up.
  void cancel() const {
    core_->cancel();
  }

  /// Why `read` came back empty; "none" while there may be messages and after success.
  error failure() const {
    return core_->failure();
  }

  /// Whether the message that was read last came compressed; gRPC only.
  bool compressed() const {
    return core_->compressed();
  }

  /// Sends no more, drops what was not read and waits for the outcome of the call.
  expected<void> finish() const {
    return core_->finish();
  }

  /// The fields in front of the first message; empty until they are there.
  metadata headers() const {
    return core_->headers();
  }

  /// The metadata that came with the outcome.
  metadata trailers() const {
    return core_->trailers();
  }

private:
  detail::blocking_ptr core_;
};

} // namespace mica
