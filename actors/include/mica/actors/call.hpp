// Calling: options, wrappers and the base of generated stubs.

#pragma once

#include "mica/actors/blocking_stream.hpp"
#include "mica/actors/stream.hpp"
#include "mica/codecs/endpoint.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/metadata.hpp"
#include "mica/discovery/filters.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace mica {

class service;
class context;
class event_context;

namespace detail {
class pending_call;
class pending_event;
} // namespace detail

/// What may be repeated by itself (architecture 7).
enum class retry_rule : uint8_t {
  /// What provably never reached a handler, and methods declared safe or idempotent.
  safe,
  /// Any 408 or 500, as Go Micro does.
  go_micro,
  /// The caller says that the call may be repeated.
  always,
  never,
};

/// Options of one call; what is not set comes from the client.
/// Every member has an initializer, so that naming some of them warns of nothing.
struct call_options {
  /// For the whole call, retries included. Default: 5 s (client_request_timeout); of a
  /// call with a stream: none, as Go Micro's StreamTimeout.
  std::optional<std::chrono::nanoseconds> deadline = {};
  /// Attempts after the first. Default: 1 (client_retries).
  std::optional<int> retries = {};
  std::optional<retry_rule> retry = {};
  /// Metadata to send.
  mica::metadata headers = {};
  /// `host:port` or `unix:/path` to call; discovery is not asked.
  std::string address = {};
  /// Default: `application/protobuf`.
  std::string content_type = {};
  /// `grpc` or `mucp`. Default: the best that the node announces (`--client`); to an
  /// `address` mucp, but gRPC over TLS and for streams.
  std::string protocol = {};
  /// Compresses the request by `gzip` or `deflate`; gRPC only.
  std::string compression = {};
  /// While no node can be reached, wait until the deadline instead of failing.
  bool wait_for_ready = false;
  /// Gets the fields in front of and behind the answer (gRPC has such), before the
  /// continuation and where that runs. Not called for failures.
  std::function<void(const metadata& headers, const metadata& trailers)> on_metadata =
      {};
  /// Nodes that fail one of these are not called, as of Go Micro's
  /// `selector.WithFilter`: e.g. `{discovery::filter_version("2")}`.
  std::vector<discovery::filter> filters = {};
  /// What `--selector=hash` goes by: calls with the same key go to the same node.
  std::string key = {};
};

class caller;

namespace detail {
/// The call on whose behalf another one is made, or null.
const std::shared_ptr<pending_call>& parent_of(const caller& from);

class bridge;
class broker_side;
class client_side;
class client_stream;
struct continuation;
} // namespace detail

/// On whose behalf an asynchronous call is made: that is where its continuation
/// runs.
class caller {
public:
  /// Runs on the I/O lane and must be quick: for callers that are no actor.
  caller();

  /// From within a handler: runs on the handler's actor, also after `from` has been
  /// answered. The call gets what is left of the deadline of `from` and is given up
  /// when that one is cancelled.
  caller(context& from);

  /// From within a subscriber: runs on the subscriber's actor, also after the event has
  /// been settled.
  caller(event_context& from);

  /// For `mica::from(self)` (mica/actors/from_actor.hpp): a plain CAF actor.
  using finish = std::function<void(std::function<void()> continuation)>;
  using start = std::function<void(finish)>;
  explicit caller(std::function<void(const detail::bridge&, start)> run);

private:
  friend class detail::broker_side;
  friend class detail::client_side;
  friend const std::shared_ptr<detail::pending_call>&
  detail::parent_of(const caller& from);

  std::function<void(const detail::bridge&, start)> run_;
  std::shared_ptr<detail::pending_call> parent_;
  std::shared_ptr<detail::pending_event> event_;
};

/// One call on its way out, as client wrappers see it.
struct client_request {
  std::string service;
  std::string endpoint;
  const method_descriptor* method = nullptr;
  const google::protobuf::Message* request = nullptr;
  /// Filled on success.
  google::protobuf::Message* response = nullptr;
  call_options options;
  /// On whose behalf; wrappers leave it alone.
  caller from;
  /// Set for a call with a stream, of which wrappers see the opening: `response` is
  /// null then, and `done` gets the outcome of the whole call. A second call of the
  /// next step fails.
  std::shared_ptr<detail::client_stream> stream = {};
};

using call_done = std::function<void(expected<void>)>;

/// One step of a call on the client: calls `done` exactly once, now or later.
using client_function = std::function<void(client_request& request, call_done done)>;

/// Wraps the next step; the first one listed is outermost, as in Go Micro.
using client_wrapper = std::function<client_function(client_function next)>;

/// The base of generated clients. Thread-safe; cheap to make.
class client_stub {
public:
  /// @param name the service's name in the registry.
  client_stub(service& via, std::string name);

  const std::string& service_name() const noexcept {
    return name_;
  }

protected:
  /// Blocks until the answer is there. On an actor's thread it fails at once with
  /// `errc::would_block`.
  expected<void> call(const method_descriptor& method,
                      const google::protobuf::Message& request,
                      google::protobuf::Message& response,
                      const call_options& options) const;

  /// Returns at once; `done` gets the outcome and the response exactly once, where
  /// `from` says.
  void call(caller from, const method_descriptor& method,
            const google::protobuf::Message& request,
            std::unique_ptr<google::protobuf::Message> response,
            const call_options& options,
            std::function<void(expected<void>, google::protobuf::Message&)> done) const;

  /// Begins a call with a stream and returns at once; the stream's home is where `from`
  /// says. A call that can't be made ends by its stream.
  /// @param request the request of a method that streams to the client alone: it is
  ///        sent and ends our side. Null else.
  detail::stream_ptr open(caller from, const method_descriptor& method,
                          const google::protobuf::Message* request,
                          const call_options& options) const;

  /// The same for plain threads.
  detail::blocking_ptr open_blocking(const method_descriptor& method,
                                     const google::protobuf::Message* request,
                                     const call_options& options) const;

  /// The two unary forms with the response's type, for generated code.
  template <class Response>
  expected<Response> call(const method_descriptor& method,
                          const google::protobuf::Message& request,
                          const call_options& options) const {
    Response response;
    if (auto done = call(method, request, response, options); !done)
      return std::move(done.error());
    return expected<Response>{std::move(response)};
  }

  template <class Response>
  void call(caller&& from, const method_descriptor& method,
            const google::protobuf::Message& request,
            std::function<void(expected<Response>)>&& then,
            const call_options& options) const {
    call(std::move(from), method, request, std::make_unique<Response>(), options,
         [then = std::move(then)](expected<void> done,
                                  google::protobuf::Message& response) {
           if (done)
             then(std::move(static_cast<Response&>(response)));
           else
             then(std::move(done.error()));
         });
  }

private:
  service* via_;
  std::string name_;
};

} // namespace mica
