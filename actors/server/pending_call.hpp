// One call on the server, from its arrival to its answer.

#pragma once

#include "mica/actors/context.hpp"
#include "mica/actors/continuation.hpp"
#include "mica/codecs/codec.hpp"
#include "mica/codecs/endpoint.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "mica/net/request_handler.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::detail {

using time_point = std::chrono::steady_clock::time_point;

/// What all calls of a service share. The counters apart, nothing changes once the
/// service runs.
struct server_environment {
  std::string service;
  std::string version;
  std::string node_id;
  content_types types;
  /// How gRPC answers are compressed for clients that read it.
  grpc::coding compression = grpc::coding::identity;
  /// Bytes of a gRPC message, both ways. Beyond: RESOURCE_EXHAUSTED.
  size_t message_bytes = grpc::default_message_bytes;
  /// The actor system's clock: virtual in tests.
  std::function<time_point()> now;
  time_point started;
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> errors{0};
};

/// The state of one call. Owned by the handler's shell, which alone touches it, but
/// for `answer_later`, which is for any thread.
class pending_call : public std::enable_shared_from_this<pending_call> {
public:
  pending_call(incoming_call call, std::shared_ptr<server_environment> env);

  pending_call(const pending_call&) = delete;
  pending_call& operator=(const pending_call&) = delete;

  /// Answers on the shell's own thread. Only the first answer counts.
  void finish(outgoing_reply&& reply);

  /// Answers by a message, encoded unless the call came as one.
  void respond(const google::protobuf::Message& response);

  /// Answers from any thread: the reply travels to the shell.
  void answer_later(outgoing_reply&& reply);
  void answer_later(const google::protobuf::Message& response);

  /// The finished response, if it was not sent anywhere yet.
  std::optional<http_response> take_response();

  bool answered() const noexcept {
    return answered_;
  }

  /// Says that nobody waits any more and runs what was registered for that.
  void cancel();

  bool cancelled() const;

  incoming_call call;
  std::shared_ptr<server_environment> env;
  const method_descriptor* method = nullptr;
  size_t method_index = 0;
  const mica::codec* body_codec = nullptr;
  net::reply_address from;
  std::string peer;
  std::optional<time_point> deadline;
  time_point arrived;
  /// Set by `context::defer`: the shell does not miss an answer then.
  bool deferred = false;
  /// The shell, for answers from elsewhere.
  caf::actor shell;
  /// Answer by message to the connection instead of keeping the response.
  bool detached = false;
  /// Set for calls between actors of one process: takes the response, or null and the
  /// error. Nothing is encoded then.
  std::function<void(const google::protobuf::Message*, const error&)> in_kind;

  /// Calls `then` when the call is cancelled. A long call may make many of its own:
  /// what was said for an `owner` that is gone is forgotten by and by.
  void on_cancel(std::function<void()> then);
  void on_cancel(std::weak_ptr<void> owner, std::function<void()> then);

  std::vector<std::function<void(const outcome&)>> on_done;
  /// What traces this call, for the calls that are made from it; may be null.
  std::shared_ptr<const void> span;
  metadata reply_headers;
  metadata reply_trailers;
  grpc::coding compression;

private:
  struct cancel_watch {
    /// Empty for who wants to hear of it in any case.
    std::weak_ptr<void> owner;
    bool owned;
    std::function<void()> then;
  };

  /// Encodes by the call's content type; an encoding failure becomes the answer.
  outgoing_reply encode(const google::protobuf::Message& response) const;

  /// Marks the call as answered and tells those who watch; false if it was before.
  bool close(const error& failure);

  std::vector<cancel_watch> cancel_watches_;
  /// So many watches are looked through before there are more.
  size_t watches_to_check_ = 32;
  bool answered_ = false;
  bool cancelled_ = false;
  std::atomic<bool> taken_{false};
  std::optional<http_response> response_;
};

using pending_call_ptr = std::shared_ptr<pending_call>;

/// Writes an answer in the form of the call's protocol.
http_response write_answer(const reply_style& style, outgoing_reply&& reply,
                           const server_environment& env, grpc::coding compression);

/// Returns the call behind a handler's context.
const pending_call_ptr& call_of(context& from);

/// Goes on with a call that was put off: `step` runs at the handler's actor, unless the
/// call is over by then; `dropped` runs in its place. For any thread.
using resumption = std::function<void(std::function<void(context&)> step,
                                      std::function<void()> dropped)>;

/// Puts off the rest of a unary call: the wrapper returns without an answer.
resumption postpone(context& call);

/// Message to a shell: the rest of a call that a wrapper had put off.
struct resumed_call {
  pending_call_ptr call;
  std::function<void(context&)> step;
  std::function<void()> dropped;
};

/// Message to a shell: calls that came together.
struct call_batch {
  std::vector<pending_call_ptr> calls;
};

/// Message to a shell: an answer that was given on another thread.
struct late_answer {
  pending_call_ptr call;
  outgoing_reply reply;
  /// In place of `reply` for calls that are answered in kind.
  std::shared_ptr<const google::protobuf::Message> response;
};

/// Message to a shell: the connection ended before this request was answered.
struct abandoned_call {
  net::reply_address from;
};

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::pending_call_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::call_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::resumed_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::late_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::abandoned_call)
