#include "health/health_handler.hpp"

#include "health/until_stopping.hpp"
#include "mica/grpc/health/v1/health.pb.h"

#include <array>
#include <optional>
#include <utility>

namespace mica::detail {

namespace {

namespace v1 = grpc::health::v1;

v1::HealthCheckResponse response_of(serving_status status) {
  v1::HealthCheckResponse result;
  result.set_status(
      static_cast<v1::HealthCheckResponse::ServingStatus>(static_cast<int>(status)));
  return result;
}

// One call of Watch.
class watcher {
public:
  watcher(std::shared_ptr<health_board> board, std::string service,
          const stream_ptr& peer)
    : board_(std::move(board)),
      service_(std::move(service)),
      peer_(peer) {
    // nop
  }

  // Sends the status if the peer does not have it.
  void update() {
    auto core = peer_.lock();
    if (!core)
      return;
    stream<void, v1::HealthCheckResponse> peer{std::move(core)};
    auto status = board_->status_of(service_);
    // A peer that does not read misses what is past, and gets what is.
    if (status != last_ && peer.writable()) {
      last_ = status;
      peer.write(response_of(status));
    }
    if (board_->get() == readiness::stopping)
      peer.fail({errc::unavailable, "the server stops"});
  }

private:
  std::shared_ptr<health_board> board_;
  std::string service_;
  std::weak_ptr<any_stream> peer_;
  std::optional<serving_status> last_;
};

} // namespace

health_handler::health_handler(std::shared_ptr<health_board> board)
  : board_(std::move(board)) {
  // nop
}

const service_descriptor& health_handler::descriptor() const noexcept {
  static const auto methods = std::array<method_descriptor, 2>{{
      {"Check", "Health.Check", &v1::HealthCheckRequest::default_instance(),
       &v1::HealthCheckResponse::default_instance(), idempotency::no_side_effects},
      {"Watch", "Health.Watch", &v1::HealthCheckRequest::default_instance(),
       &v1::HealthCheckResponse::default_instance(), idempotency::unknown,
       method_kind::server_stream},
  }};
  static const service_descriptor result{"Health", "grpc.health.v1", methods};
  return result;
}

void health_handler::invoke(size_t method, context& call,
                            const google::protobuf::Message& request) {
  if (method != 0)
    return call.fail({errc::unimplemented, "Health.Watch is called by a stream"});
  const auto& name = static_cast<const v1::HealthCheckRequest&>(request).service();
  auto status = board_->status_of(name);
  if (status == serving_status::service_unknown)
    return call.fail({errc::not_found, "unknown service " + name});
  auto response = response_of(status);
  call.answer(static_cast<const google::protobuf::Message&>(response));
}

task health_handler::open(size_t method, context& call,
                          google::protobuf::Message& request, stream_ptr peer) {
  if (method != 1)
    return handler::open(method, call, request, std::move(peer));
  auto state = std::make_shared<watcher>(
      board_, static_cast<const v1::HealthCheckRequest&>(request).service(), peer);
  auto update = [state] { state->update(); };
  while_open(board_->watchers(), call, peer, update);
  // This is also who holds the stream while it is open.
  peer->on_writable([state, peer] { state->update(); });
  update();
  return {};
}

} // namespace mica::detail
