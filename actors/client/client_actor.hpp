// The actor around `client_core`, and the way to it from any thread.

#pragma once

#include "client/client_core.hpp"
#include "mica/discovery/actors.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>

namespace mica::detail {

/// Message to the client actor: something to do on the I/O lane.
struct lane_task {
  std::function<void(client_core&)> run;
};

/// The client, for any thread. Cheap to copy; may outlive the actor: calls fail then.
class client_handle {
public:
  client_handle() = default;
  client_handle(caf::actor actor, std::shared_ptr<client_core> core,
                caf::io::network::multiplexer& lane);

  /// Makes a call: from the I/O lane at once, from elsewhere by one message.
  void begin(client_call_ptr call) const;

  /// Opens a stream, likewise.
  void open(stream_opening_ptr what) const;

  /// Runs `run` on the lane: at once if this is it. Never if the client has ended.
  void on_lane(std::function<void(client_core&)> run) const;

  /// The calling thread is the I/O lane.
  bool is_lane() const noexcept;

  /// Fixed for the life of the client.
  const client_limits& limits() const noexcept {
    return core_->limits();
  }

  /// For who speaks CAF: takes `client_call_ptr`, `stream_opening_ptr`,
  /// `cancelled_call`, `lane_task`; and `caller::start`, for which it answers with the
  /// continuation.
  const caf::actor& actor() const noexcept {
    return actor_;
  }

private:
  bool here() const;

  caf::actor actor_;
  std::shared_ptr<client_core> core_;
  caf::io::network::multiplexer* lane_ = nullptr;
};

/// Spawns the client on the I/O lane. Exit its actor with `user_shutdown`: open calls
/// fail then.
client_handle spawn_client(caf::actor_system& system,
                           discovery::registry_actor registry,
                           client_core::options options);

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::lane_task)
