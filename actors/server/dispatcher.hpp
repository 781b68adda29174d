// From an HTTP request to the handler that answers it.

#pragma once

#include "mica/net/request_handler.hpp"
#include "server/shell.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mica::detail {

/// Finds the endpoint of each request and hands it to its shell: by message to
/// workers and threads, by a plain call on the lane. Lives on the I/O lane once the
/// service runs; the table is complete before.
class dispatcher : public net::request_handler {
public:
  explicit dispatcher(std::shared_ptr<server_environment> env);

  /// Adds every method of the shell's handler. Fails if one of its endpoints is
  /// taken (`errc::conflict`).
  expected<void> add(shell_ref shell, bool internal);

  /// Until then, and after `false`, /healthz answers 503.
  void set_ready(bool ready) {
    ready_ = ready;
  }

  /// What the registry shall know, sorted by name.
  std::vector<endpoint> advertised() const;

  const std::vector<shell_ref>& shells() const noexcept {
    return shells_;
  }

  std::optional<http_response> on_request(http_request&& request,
                                          const net::reply_address& from,
                                          const net::peer_info& peer) override;

  void on_abandoned(const net::reply_address& from) override;

private:
  struct target {
    size_t shell;
    size_t method;
    const method_descriptor* descriptor;
    bool internal;
  };

  struct name_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const noexcept {
      return std::hash<std::string_view>{}(x);
    }
  };

  http_response refuse(const reply_style& style, error why);
  error unknown(std::string_view endpoint) const;

  std::shared_ptr<server_environment> env_;
  std::vector<shell_ref> shells_;
  std::unordered_map<std::string, target, name_hash, std::equal_to<>> targets_;
  /// Names of the advertised endpoints, sorted.
  std::vector<std::string> names_;
  std::atomic<bool> ready_{false};
};

/// Answers `GET /` and `GET /healthz` of a client that speaks no Micro headers;
/// nothing for any other request.
std::optional<http_response> answer_page(const http_request& request,
                                         const server_environment& env, bool ready,
                                         const std::vector<std::string>& endpoints);

} // namespace mica::detail
