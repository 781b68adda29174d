// grpc.reflection.v1 and v1alpha, on every service.

#pragma once

#include "health/health_board.hpp"
#include "mica/actors/handler.hpp"
#include "reflection/reflection_index.hpp"

#include <memory>

namespace mica::detail {

/// Which of the two packages a handler answers for; their messages are the same.
enum class reflection_version : uint8_t { v1, v1alpha };

/// Tells clients like grpcurl what the services of this server are (gRPC's server
/// reflection protocol).
class reflection_handler : public handler {
public:
  /// @param index complete before the first call.
  /// @param board says when streams shall end.
  reflection_handler(reflection_version version,
                     std::shared_ptr<const reflection_index> index,
                     std::shared_ptr<health_board> board);

  const service_descriptor& descriptor() const noexcept override;

  void invoke(size_t method, context& call,
              const google::protobuf::Message& request) override;

  task open(size_t method, context& call, google::protobuf::Message& request,
            stream_ptr peer) override;

private:
  reflection_version version_;
  std::shared_ptr<const reflection_index> index_;
  std::shared_ptr<health_board> board_;
};

} // namespace mica::detail
