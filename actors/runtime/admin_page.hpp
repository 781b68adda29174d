// What operators look at: `/metrics`, on an address of its own.

#pragma once

#include "mica/actors/wrapper_metrics.hpp"
#include "mica/net/actors.hpp"
#include "mica/net/request_handler.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace mica::detail {

/// Answers `GET /metrics`; any other path is 404, any other method 405. The page is
/// made on a worker. Lives on the I/O lane.
class admin_page : public net::request_handler {
public:
  /// Pages that are being made at a time; beyond: 503.
  static constexpr size_t max_pages = 16;

  admin_page(caf::actor_system& system, metrics shown);
  ~admin_page() override;

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override;

  void on_abandoned(const net::reply_address&) override {
    // nop
  }

  /// Ends the actor that makes the pages.
  void stop();

private:
  caf::actor maker_;
  std::shared_ptr<std::atomic<size_t>> making_;
};

/// Where an admin address without a host listens: on loopback.
/// Fails with `errc::invalid_argument` for what is no `host:port`.
expected<std::string> admin_listen_address(std::string_view given);

} // namespace mica::detail
