// Debug.Health, Debug.Stats and Debug.Log, on every service.

#pragma once

#include "debug/log_ring.hpp"
#include "health/health_board.hpp"
#include "mica/actors/handler.hpp"
#include "server/pending_call.hpp"

#include <memory>

namespace mica::detail {

/// Answers as Go Micro's Debug handler does. Written by hand: the generator's output
/// can't be part of what the generator's users link.
class debug_handler : public handler {
public:
  /// @param log what Log shows.
  /// @param board says when streams shall end.
  debug_handler(std::shared_ptr<server_environment> env, std::shared_ptr<log_ring> log,
                std::shared_ptr<health_board> board);

  const service_descriptor& descriptor() const noexcept override;

  void invoke(size_t method, context& call,
              const google::protobuf::Message& request) override;

  task open(size_t method, context& call, google::protobuf::Message& request,
            stream_ptr peer) override;

private:
  std::shared_ptr<server_environment> env_;
  std::shared_ptr<log_ring> log_;
  std::shared_ptr<health_board> board_;
};

} // namespace mica::detail
