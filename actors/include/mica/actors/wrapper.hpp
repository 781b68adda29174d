// Wrappers around single attempts of a call, and around single messages of a stream.
// Those around handlers stand in handler.hpp, those around whole calls in call.hpp.

#pragma once

#include "mica/actors/context.hpp"
#include "mica/codecs/error.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/metadata.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace mica {

namespace discovery {
struct node;
}

namespace detail {
class client_core;
class message_steps;
struct client_call;
struct route;
} // namespace detail

/// One attempt of a unary call, after a node was chosen. Lives on the I/O lane: whoever
/// looks at it must be quick, and must not block. It belongs to its call, and so do all
/// views; after `fail`, and after the next step has returned, the attempt may be over
/// and another one under way.
class call_attempt {
public:
  explicit call_attempt(detail::client_call& of);
  call_attempt(const call_attempt&) = delete;
  call_attempt& operator=(const call_attempt&) = delete;
  ~call_attempt();

  std::string_view service() const noexcept;

  /// `Greeter.Hello`.
  std::string_view endpoint() const noexcept;

  /// `host:port` or `unix:/path`.
  std::string_view address() const noexcept;

  /// The node as the registry knows it. Null if the caller named an address. Valid
  /// until the step that looks at it returns, or as long as the attempt is held.
  const discovery::node* node() const noexcept;

  /// 1 for the first attempt of the call.
  int number() const noexcept {
    return number_;
  }

  /// The metadata that will be sent. What an attempt sets stays for the next one; of no
  /// effect once the attempt was sent.
  metadata& headers() noexcept;

  /// Time left for the whole call, never negative.
  std::chrono::nanoseconds remaining() const;

  /// Runs `then` when the attempt is over, also if it was given up. The step that asked
  /// last is told first. It may replace the failure by another one, which decides on a
  /// repetition; it can't make a success of it.
  void on_done(std::function<void(outcome& result)> then);

  /// Ends the attempt before it was sent. The call may be repeated whatever its rule
  /// says, but for `retry_rule::never`: nothing has left. Nothing once it was sent.
  void fail(error why);

  /// Keeps the attempt, so that the next step can be called later: on the same lane,
  /// e.g. from `on_done` of another one. At the call's deadline it fails by itself.
  std::shared_ptr<call_attempt> hold();

private:
  friend class detail::client_core;

  enum class state : uint8_t { none, waiting, sent, failed, over };

  struct kept_target;

  void begin(std::weak_ptr<detail::client_core> core, const detail::route& where,
             const discovery::node* node, std::chrono::steady_clock::time_point now);

  /// Tells who asked. Nothing if that was done, or if there are no wrappers.
  void end(error& why, std::chrono::steady_clock::time_point now);

  detail::client_call* call_;
  std::weak_ptr<detail::client_core> core_;
  const detail::route* where_ = nullptr;
  const discovery::node* node_ = nullptr;
  std::chrono::steady_clock::time_point started_;
  std::vector<std::function<void(outcome&)>> hooks_;
  /// Copies of what `where_` and `node_` point to.
  std::unique_ptr<kept_target> kept_;
  error failure_;
  int number_ = 0;
  state state_ = state::none;
  bool in_steps_ = false;
  /// A step has refused it: nothing has left.
  bool unsent_ = false;
};

/// One step of an attempt: calls the next one, now or later (`call_attempt::hold`), or
/// fails the attempt.
using call_function = std::function<void(call_attempt& attempt)>;

/// Wraps the next step of each attempt of a unary call, within all client wrappers; the
/// first one listed is outermost, as in Go Micro. Called once per client.
using call_wrapper = std::function<call_function(call_function next)>;

/// One message of a stream on its way. Lives while the steps run, at the stream's home.
class streamed_message {
public:
  /// On a server its own name, on a client the name of the service that is called.
  std::string_view service() const noexcept;

  /// `Greeter.Hello`.
  std::string_view endpoint() const noexcept;

  bool on_server() const noexcept;

  /// Else received.
  bool sent() const noexcept {
    return received_ == nullptr;
  }

  /// 1 for the first message of the stream in its direction.
  uint64_t number() const noexcept {
    return number_;
  }

  const google::protobuf::Message& content() const noexcept {
    return *content_;
  }

  /// A message that was received, to be changed; null for one that is being sent.
  google::protobuf::Message* received() const noexcept {
    return received_;
  }

  /// Lets another message of the same type take the place of this one.
  /// @param other lives until the next step has returned.
  void replace(const google::protobuf::Message& other) noexcept {
    content_ = &other;
  }

  /// Ends the stream with this error; a client cancels it.
  void fail(error why) {
    failure_ = std::move(why);
  }

  const error& failure() const noexcept {
    return failure_;
  }

private:
  friend class detail::message_steps;

  streamed_message() = default;

  const detail::message_steps* steps_ = nullptr;
  const google::protobuf::Message* content_ = nullptr;
  google::protobuf::Message* received_ = nullptr;
  uint64_t number_ = 0;
  void* wire_ = nullptr;
  std::string* out_ = nullptr;
  bool passed_ = false;
  error failure_;
};

/// One step of a message: calls the next one before it returns, or drops the message by
/// not doing so, or fails the stream. Must not keep the message.
using stream_function = std::function<void(streamed_message& message)>;

/// Wraps the next step of each message of every stream; the first one listed is
/// outermost. That is the message as it was sent, and again as it was received.
/// Requests of methods that stream to the client alone are no messages of the stream:
/// handler and client wrappers see them. On a server each handler has steps of its own;
/// those of a client serve all its streams and must be thread-safe.
using stream_wrapper = std::function<stream_function(stream_function next)>;

} // namespace mica
