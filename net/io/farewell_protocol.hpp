// The last words to a peer that can't be served.

#pragma once

#include "io/server_protocol.hpp"

namespace mica::net {

/// Writes a text, then ends the connection; drops what comes in.
class farewell_protocol final : public server_protocol {
public:
  /// @param text in the peer's own protocol; may be empty.
  explicit farewell_protocol(std::string text);

  void receive(std::string_view bytes) override;
  void receive_eof() override;
  bool wants_input() const noexcept override;
  bool wants_large_reads(size_t got, size_t window) const noexcept override;
  void serve() override;
  void apply(uint64_t sequence, stream_command&& what) override;
  void lose() noexcept override;
  size_t output(std::span<std::string_view> parts) override;
  void sent(size_t bytes) override;
  bool wants_output() const noexcept override;
  time_point due() noexcept override;
  void expire() override;
  void drain() override;
  bool owes() const noexcept override;
  bool finished() const noexcept override;

private:
  std::string text_;
  size_t sent_ = 0;
};

/// To a TLS client on a port without TLS: a fatal alert, so that the client fails at
/// once and says why (RFC 8446, 6.2).
std::string_view tls_alert() noexcept;

/// To an HTTP/1.1 client on a TLS port.
std::string_view tls_required_http1() noexcept;

/// To an HTTP/2 client on a TLS port: SETTINGS, then GOAWAY (RFC 9113, 3.4 and 6.8).
std::string tls_required_http2();

} // namespace mica::net
