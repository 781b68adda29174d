// The actor around a handler.

#pragma once

#include "server/handler_core.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <memory>

namespace mica {
class typed_method_table;
}

namespace mica::detail {

/// Message to a shell: from now on, take the calls of this interface as messages.
struct serve_interface {
  const typed_method_table* methods;
};

/// A handler's actor as the dispatcher sees it. The actor outlives the user's object:
/// mailbox and handle stay when that one fails.
struct shell_ref {
  caf::actor actor;
  mica::placement placement = worker;
  /// Shared with the actor; only touched from here for `placement::lane`, whose
  /// actor runs on the dispatcher's own thread.
  std::shared_ptr<handler_core> core;
  /// Calls sent and not taken yet.
  std::shared_ptr<std::atomic<size_t>> waiting;
  size_t max_waiting = 0;
  /// Streams that are open.
  std::shared_ptr<std::atomic<size_t>> streams =
      std::make_shared<std::atomic<size_t>>(0);
  size_t max_streams = handle_options{}.open_streams;
  /// Where its streams run; null for a home for each.
  std::shared_ptr<stream_home> streams_home = nullptr;
};

/// Spawns the shell where `where` says. Exit it with `user_shutdown`.
caf::actor spawn_shell(caf::actor_system& system, placement where,
                       std::shared_ptr<handler_core> core,
                       std::shared_ptr<server_environment> env,
                       std::shared_ptr<std::atomic<size_t>> waiting);

/// Hands a deferred call to the shell that looks after it: for cores that were
/// called straight.
void adopt(const caf::actor& shell, const pending_call_ptr& call);

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::serve_interface)
