// Brings what a worker has to say to an actor, as messages.

#pragma once

#include "http/agent_client.hpp"
#include "http/worker.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace mica::discovery {

/// The outcome of a request, on its way from the worker's thread to the actor.
struct http_done {
  uint64_t ticket = 0;
  std::shared_ptr<expected<http_answer>> outcome;
};

/// What came of a stream's body; before its `http_done`.
struct http_part {
  uint64_t ticket = 0;
  std::shared_ptr<const std::string> bytes;
};

/// The worker as the agent client sees it: outcomes become messages to the actor.
class worker_port : public http_port {
public:
  /// Bytes of streams on their way to the actor. Beyond: the stream ends with
  /// `errc::limit_exceeded`.
  static constexpr size_t stream_bytes = 16 * 1024 * 1024;

  worker_port(std::unique_ptr<http_worker> worker, caf::weak_actor_ptr owner);

  bool start(uint64_t ticket, http_request request) override;
  void cancel(uint64_t ticket) override;

  /// The outcome for `ticket` is here.
  void arrived(uint64_t ticket);

private:
  http_worker::part_handler part_handler(uint64_t ticket) const;

  /// The worker's number by our ticket, while its outcome is awaited.
  std::map<uint64_t, uint64_t> numbers_;
  std::unique_ptr<http_worker> worker_;
  caf::weak_actor_ptr owner_;
  std::shared_ptr<std::atomic<size_t>> under_way_;
};

} // namespace mica::discovery

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::http_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::http_part)
