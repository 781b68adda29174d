// One call with a stream, on the server.

#pragma once

#include "mica/actors/context.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/task.hpp"
#include "mica/net/stream.hpp"
#include "server/pending_call.hpp"
#include "stream/stream_core.hpp"

#include <atomic>
#include <memory>

namespace mica::detail {

class handler_core;
struct shell_ref;

/// A stream and the call that it belongs to. The call's answer is the stream's end,
/// whoever gives it: the handler, a wrapper, the deadline.
class server_stream final : public stream_core {
public:
  /// @param count of the handler's open streams; this one counts until it is over.
  server_stream(pending_call_ptr call, std::unique_ptr<stream_wire> wire,
                std::shared_ptr<stream_home> home, const stream_bounds& bounds,
                std::shared_ptr<std::atomic<size_t>> count);
  ~server_stream() override;

  const pending_call_ptr& call() const noexcept {
    return call_;
  }

  context& user_context() noexcept {
    return context_;
  }

  /// What the handler gets; an empty message if the client streams.
  google::protobuf::Message& request() noexcept {
    return *request_;
  }

  /// Starts the handler's method, at once or when its request is there.
  void begin(handler_core& owner);

  /// Runs the method of `object`, which lives as long as the stream.
  void enter(std::shared_ptr<handler> object, google::protobuf::Message& request);

  const std::shared_ptr<handler>& object() const noexcept {
    return object_;
  }

  /// The handler's actor ends: nothing of the user's is kept.
  void abandon() noexcept;

  void end() override;
  void fail(error why) override;
  void cancel() override;

protected:
  bool ready() const override {
    return begun_;
  }
  bool prepare() override;
  bool may_deliver() const override;
  bool ends_with_input() const override;
  void input_broken(error why) override;
  void input_ended(error&& why) override;
  void take_failure(error&& why) override;
  void on_dropped() override;
  void user_threw(std::exception_ptr what) noexcept override;
  bool complete() const override;
  void settled() override;

private:
  /// The answer of the call, once: sends what there is and the end.
  void answered(const google::protobuf::Message* response, const error& failure);
  void start();
  void on_task_done();
  void uncount() noexcept;

  pending_call_ptr call_;
  context context_;
  std::unique_ptr<google::protobuf::Message> request_;
  std::shared_ptr<std::atomic<size_t>> count_;
  handler_core* owner_ = nullptr;
  std::shared_ptr<handler> object_;
  /// Wake-ups may overtake the message that brings the stream.
  bool begun_ = false;
  bool started_ = false;
  bool entered_ = false;
  task task_;
};

/// What the dispatcher knows of a call with a stream.
struct server_stream_parts {
  /// As for `handler_core::serve`, but without a body.
  pending_call_ptr call;
  std::unique_ptr<stream_wire> wire;
  stream_bounds bounds;
};

/// Opens a stream at its shell: at once on the lane, by message elsewhere. Returns who
/// takes what the peer sends. Fails with `errc::overloaded` if the handler has
/// `handle_options::open_streams` open.
expected<std::unique_ptr<net::stream_receiver>>
open_server_stream(const shell_ref& shell, server_stream_parts parts);

} // namespace mica::detail
