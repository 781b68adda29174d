// From an HTTP request to the handler that answers it.

#pragma once

#include "mica/net/request_handler.hpp"
#include "server/endpoint_table.hpp"
#include "server/shell.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// Finds the endpoint of each request and hands it to its shell: by message to
/// workers and threads, by a plain call on the lane. Lives on the I/O lane once the
/// service runs; the table is complete before.
class dispatcher : public net::request_handler {
public:
  explicit dispatcher(std::shared_ptr<server_environment> env);

  /// Adds every method of the shell's handler. Fails as `endpoint_table::add`.
  expected<void> add(shell_ref shell, bool internal, owner whose = owner::program);

  /// Until then, and after `false`, /healthz answers 503.
  void set_ready(bool ready) {
    ready_ = ready;
  }

  /// What the registry shall know, sorted by name.
  std::vector<endpoint> advertised() const {
    return targets_.advertised();
  }

  const std::vector<shell_ref>& shells() const noexcept {
    return shells_;
  }

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override;

  void on_abandoned(const net::reply_address& from) override;

private:
  http_response refuse(const reply_style& style, error why);
  error unknown(std::string_view endpoint) const;

  std::shared_ptr<server_environment> env_;
  std::vector<shell_ref> shells_;
  endpoint_table targets_;
  std::atomic<bool> ready_{false};
};

/// Answers `GET /` and `GET /healthz` of a client that speaks no Micro headers;
/// nothing for any other request.
std::optional<http_response> answer_page(const http_request& request,
                                         const server_environment& env, bool ready,
                                         const std::vector<std::string>& endpoints);

} // namespace mica::detail
