// grpc.health.v1.Health, on every service.

#pragma once

#include "health/health_board.hpp"
#include "mica/actors/handler.hpp"

#include <memory>

namespace mica::detail {

/// Says whether the server and its services may be called (gRPC's health checking
/// protocol). Written by hand: the generator's output can't be part of what the
/// generator's users link.
class health_handler : public handler {
public:
  explicit health_handler(std::shared_ptr<health_board> board);

  const service_descriptor& descriptor() const noexcept override;

  /// Check: an unknown service is `errc::not_found`.
  void invoke(size_t method, context& call,
              const google::protobuf::Message& request) override;

  /// Watch: an unknown service is a status. The stream ends with `errc::unavailable`
  /// behind NOT_SERVING when the server stops.
  task open(size_t method, context& call, google::protobuf::Message& request,
            stream_ptr peer) override;

private:
  std::shared_ptr<health_board> board_;
};

} // namespace mica::detail
