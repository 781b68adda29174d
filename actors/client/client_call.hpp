// One call on the client, from the stub to its outcome.

#pragma once

#include "client/route.hpp"
#include "mica/actors/continuation.hpp"
#include "mica/actors/wrapper.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "mica/discovery/selector.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::detail {

class client_stream;

using reply_done = std::function<void(expected<incoming_reply>)>;

/// What a caller says about the way that a call takes.
struct call_wishes {
  protocol_choice protocol = protocol_choice::automatic;
  grpc::coding compression = grpc::coding::identity;
  bool wait_for_ready = false;
  std::vector<discovery::filter> filters = {};
  std::string key = {};
};

/// Fails with `errc::invalid_argument` for names that nobody knows.
expected<call_wishes> wishes_of(const call_options& options);

/// What the client actor needs to make a call. Belongs to whoever holds the pointer:
/// first the stub, then the client actor.
struct client_call : std::enable_shared_from_this<client_call> {
  client_call() = default;
  client_call(const client_call&) = delete;
  client_call& operator=(const client_call&) = delete;

  /// A call that nobody will make any more, because the client actor has ended, fails.
  ~client_call();

  /// Ends the call; only the first outcome counts.
  void finish(expected<incoming_reply> outcome);

  /// Keeps what became of an attempt, for the text of the failure.
  void note(std::string target, std::string_view reason);

  /// Of all attempts that have failed: `1: NODE: REASON; 2: ...`.
  std::string story() const;

  /// The request; its timeout and id are set per attempt.
  outgoing_call request;
  /// `host:port` to call without discovery; may be empty.
  std::string address;
  call_wishes wishes;
  idempotency level = idempotency::unknown;
  retry_rule rule = retry_rule::safe;
  int retries = 1;
  std::chrono::steady_clock::time_point deadline;
  /// Called exactly once, on the I/O lane while the client lives.
  reply_done done;

  /// Addresses that were called, in order.
  std::vector<std::string> tried;
  struct failed_attempt {
    /// `greeter-7f3a at h:1 of consul, 4.9s left`.
    std::string target;
    std::string reason;
  };
  /// In order.
  std::vector<failed_attempt> history;
  /// The node of the attempt under way, unless the caller named an address; and since
  /// when. The balancer waits to hear of its end.
  std::shared_ptr<discovery::candidate> at;
  std::chrono::steady_clock::time_point began;
  /// What `wait_for_ready` waits for.
  std::string waits_for;
  int waits = 0;
  /// Number of the attempt under way, and of its exchange in the pool.
  int attempts = 0;
  uint64_t exchange = 0;
  /// What wrappers see of the attempt under way.
  call_attempt attempt{*this};
  /// The request is still here to be sent again.
  bool repeatable = true;
  /// How often it was sent again because it never left, or nobody looked at it.
  int refusals = 0;
};

using client_call_ptr = std::shared_ptr<client_call>;

/// Message to the client actor: find a node for this stream and open it there. A
/// failure goes to the stream, by `arrive_failure`.
struct stream_opening {
  stream_opening() = default;
  stream_opening(const stream_opening&) = default;
  stream_opening& operator=(const stream_opening&) = delete;

  /// A stream that nobody will open any more fails.
  ~stream_opening();

  /// Null once it was opened or has failed.
  std::shared_ptr<client_stream> stream;
  /// Its body is for mucp alone; its timeout and id are set per attempt.
  outgoing_call request;
  /// `host:port` to call without discovery; may be empty.
  std::string address;
  call_wishes wishes;
  /// `time_point::max()` for none.
  std::chrono::steady_clock::time_point deadline;
  /// Addresses that were called, in order; kept from attempt to attempt. I/O lane only.
  std::shared_ptr<std::vector<std::string>> tried =
      std::make_shared<std::vector<std::string>>();
  /// Rounds of `call_wishes::wait_for_ready`.
  int waits = 0;
};

using stream_opening_ptr = std::shared_ptr<stream_opening>;

/// Message to the client actor: whoever made this call was cancelled itself.
struct cancelled_call {
  std::weak_ptr<client_call> call;
};

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::client_call_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::cancelled_call)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::stream_opening_ptr)
