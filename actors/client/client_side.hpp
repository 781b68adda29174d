// What a service needs to make calls: wrappers, defaults, the client actor.

#pragma once

#include "client/client_actor.hpp"
#include "mica/actors/call.hpp"
#include "mica/actors/wrapper.hpp"
#include "mica/codecs/codec.hpp"
#include "stream/client_stream.hpp"

#include <caf/actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

/// The way to the client actor for whoever speaks CAF (mica/actors/from_actor.hpp).
class bridge {
public:
  explicit bridge(client_handle client) : client_(std::move(client)) {
    // nop
  }

  const client_handle& client() const noexcept {
    return client_;
  }

private:
  client_handle client_;
};

/// Defaults of calls.
struct client_defaults {
  /// Micro-From-Service.
  std::string from;
  std::chrono::nanoseconds timeout = std::chrono::seconds{5};
  int retries = 1;
  retry_rule rule = retry_rule::safe;
  stream_bounds streams = {};
};

/// Everything an asynchronous call refers to, until it is done.
struct async_call {
  client_request request;
  std::unique_ptr<google::protobuf::Message> copy;
  std::unique_ptr<google::protobuf::Message> response;
  std::function<void(expected<void>, google::protobuf::Message&)> done;
  /// No wrapper will look at the request any more.
  bool let_go = false;
};

/// Where the outcome of an asynchronous call goes. A type of its own, so that the
/// innermost step sees whether a wrapper has put itself in its place.
struct async_done {
  std::shared_ptr<async_call> call;

  void operator()(expected<void> result) const {
    call->let_go = true;
    call->done(std::move(result), *call->response);
  }
};

/// Makes calls from any thread.
class client_side {
public:
  /// @param types outlives this.
  /// @param now the actor system's clock.
  client_side(client_handle client, client_defaults defaults,
              std::vector<client_wrapper> wrappers, const content_types& types,
              std::function<std::chrono::steady_clock::time_point()> now,
              const std::vector<stream_wrapper>& stream_wrappers = {});

  /// Runs the wrappers and then the call. `request` and what it points to live until
  /// `done` was called.
  void run(client_request& request, call_done done) const;

  /// A call with an encoded body, past the wrappers; `done` runs on the I/O lane.
  void run_raw(outgoing_call request, const call_options& options, idempotency level,
               reply_done done) const;

  /// Begins a call with a stream, past the wrappers or through them. `request` is null
  /// unless the method streams to the client alone.
  /// @param home null for where `from` says.
  stream_ptr open(const std::string& service, const method_descriptor& method,
                  const google::protobuf::Message* request, const call_options& options,
                  caller from, std::shared_ptr<stream_home> home = nullptr) const;

  /// Makes a call whose request may go when this returns.
  void run_async(const std::shared_ptr<async_call>& call) const;

  /// A `caller` whose continuations run where `post` puts them.
  static caller make_caller(std::function<void(std::function<void()>)> post);

private:
  /// Who gets the continuation of such a call may get it before `run_async` is done.
  bool may_overtake(const caller& from) const noexcept {
    return !from.run_ && !bridge_.client().is_lane();
  }

  void start(client_request& request, call_done done) const;
  void start_stream(client_request& request, call_done done) const;

  /// Null if the caller's way back is gone.
  std::shared_ptr<stream_home> home_of(const caller& from) const;

  /// The deadline that a call has through the call that made it.
  void shorten(client_request& request, std::chrono::nanoseconds otherwise) const;

  expected<client_call_ptr> make_call(outgoing_call request,
                                      const call_options& options,
                                      idempotency level) const;

  bridge bridge_;
  client_defaults defaults_;
  const content_types* types_;
  std::function<std::chrono::steady_clock::time_point()> now_;
  bool wrapped_;
  client_function chain_;
  /// Null without wrappers.
  std::shared_ptr<const stream_function> message_chain_;
};

} // namespace mica::detail
