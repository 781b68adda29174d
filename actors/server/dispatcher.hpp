// From an HTTP request to the handler that answers it.

#pragma once

#include "mica/net/request_handler.hpp"
#include "server/endpoint_table.hpp"
#include "server/shell.hpp"
#include "stream/stream_core.hpp"

#include <caf/io/network/multiplexer.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// Finds the endpoint of each request and hands it to its shell: by message to
/// workers and threads, by a plain call on the lane. Lives on the I/O lane once the
/// service runs; the table is complete before.
class dispatcher : public net::request_handler,
                   public std::enable_shared_from_this<dispatcher> {
public:
  /// @param bounds of every stream.
  explicit dispatcher(std::shared_ptr<server_environment> env,
                      stream_bounds bounds = {});

  /// Names the lane that it lives on: calls that come within one round of its loop go
  /// to their shell together. Before the service runs; without one, each goes at once.
  void use_lane(caf::io::network::multiplexer& lane) {
    lane_ = &lane;
  }

  /// Adds every method of the shell's handler. Fails as `endpoint_table::add`.
  expected<void> add(shell_ref shell, bool internal, owner whose = owner::program);

  /// Until then, and after `false`, /healthz answers 503.
  void set_ready(bool ready) {
    ready_ = ready;
  }

  /// Takes requests that are events (`Micro-Topic`); before the service runs.
  using event_intake = std::function<std::optional<http_response>(
      http_request&&, const net::reply_address&)>;

  void take_events(event_intake by) {
    events_ = std::move(by);
  }

  /// What the registry shall know, sorted by name.
  std::vector<endpoint> advertised() const {
    return targets_.advertised();
  }

  const std::vector<shell_ref>& shells() const noexcept {
    return shells_;
  }

  /// Takes what calls a method with a stream; unary calls come whole.
  std::unique_ptr<net::stream_receiver> on_stream(http_request& head,
                                                  const net::stream_sender& to,
                                                  const net::peer_info& peer) override;

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override;

  void on_abandoned(const net::reply_address& from) override;

private:
  http_response refuse(const reply_style& style, error why);
  http_response refuse_unread(const http_request& request, error why);
  error unknown(const reply_style& style) const;

  /// The rest of `on_request`: what all protocols have in common.
  std::optional<http_response> serve(incoming_call&& call,
                                     const net::reply_address& from,
                                     const net::peer_info& peer);

  /// Why a call can't be taken any more, or now; "none" if it can.
  error expired(const incoming_call& call) const;
  error refusal(const incoming_call& call, const shell_ref& shell) const;

  /// Sends the call to its shell, by itself or with others.
  void hand_over(size_t handler, pending_call_ptr call);
  void flush();
  void flush(size_t handler);

  pending_call_ptr make_pending(incoming_call&& call,
                                const endpoint_table::target& where,
                                const mica::codec& codec,
                                const net::peer_info& peer) const;

  std::unique_ptr<net::stream_receiver> on_grpc_stream(http_request& head,
                                                       const net::stream_sender& to,
                                                       const net::peer_info& peer);
  std::unique_ptr<net::stream_receiver> on_mucp_stream(http_request& first,
                                                       const net::stream_sender& to,
                                                       const net::peer_info& peer);

  /// Opens a stream with the call that its first message or head makes.
  std::unique_ptr<net::stream_receiver> open_stream(pending_call_ptr call,
                                                    const endpoint_table::target& where,
                                                    std::unique_ptr<stream_wire> wire,
                                                    const net::stream_sender& to);

  /// Answers a stream that can't be opened.
  std::unique_ptr<net::stream_receiver>
  refuse_stream(const reply_style& style, error why, const net::stream_sender& to);

  std::shared_ptr<server_environment> env_;
  const stream_bounds bounds_;
  std::vector<shell_ref> shells_;
  /// For each shell the calls that it gets at the end of this round.
  std::vector<std::vector<pending_call_ptr>> batches_;
  caf::io::network::multiplexer* lane_ = nullptr;
  bool flush_posted_ = false;
  endpoint_table targets_;
  event_intake events_;
  /// Names of methods with streams, so that unary calls are told apart by a glance.
  std::vector<std::string_view> streaming_;
  std::atomic<bool> ready_{false};
};

/// Answers `GET /` and `GET /healthz` of a client that speaks no Micro headers;
/// nothing for any other request.
std::optional<http_response> answer_page(const http_request& request,
                                         const server_environment& env, bool ready,
                                         const std::vector<std::string>& endpoints);

} // namespace mica::detail
