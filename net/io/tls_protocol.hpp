// TLS between a server's socket and what is spoken inside.

#pragma once

#include "io/server_protocol.hpp"
#include "tls/session.hpp"

#include <memory>

namespace mica::net {

/// Decrypts for and encrypts what another protocol says, which ALPN chooses. Plain
/// bytes are encrypted when the socket is ready for them: what waits is bounded by
/// `tls::session::output_limit`, the rest stays where it came from.
class tls_protocol final : public server_protocol {
public:
  /// @param accepted when the connection was.
  tls_protocol(connection_host& host, time_point accepted);

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
  /// The handshake is over: starts what is spoken inside.
  void open();
  void encrypt();
  void end_input();
  void give_up(const error& why);

  connection_host& host_;
  tls::session session_;
  /// Null during the handshake and behind a failure.
  std::unique_ptr<server_protocol> inner_;
  time_point accepted_;
  /// `inner_` knows that nothing more comes.
  bool eof_told_ = false;
  /// close_notify was made.
  bool closed_ = false;
  bool failed_ = false;
};

} // namespace mica::net
