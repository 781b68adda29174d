// TLS beneath what a client's connection speaks.

#pragma once

#include "io/client_protocol.hpp"
#include "tls/session.hpp"

#include <memory>

namespace mica::net {

/// Another protocol, encrypted: it starts when the handshake is over.
class client_tls : public client_protocol {
public:
  /// @param inner speaks HTTP/2 if `version` says so: only with a peer that chose it.
  client_tls(client_host& host, tls::session session, http_version version,
             std::unique_ptr<client_protocol> inner);

  void start() override;
  size_t capacity() const noexcept override;
  void begin(call_ref what) override;
  bool give_up(call_ref what) override;
  void apply(uint64_t stream, stream_command&& what) override;
  void receive(std::string_view bytes, time_point now) override;
  void receive_eof() override;
  bool wants_input() const noexcept override;
  size_t output(std::span<std::string_view> parts) override;
  void sent(size_t bytes) override;
  time_point due() const noexcept override;
  void expire(time_point now) override;
  void drain() override;
  bool closing() const noexcept override;
  bool finished() const noexcept override;
  bool reads_much() const noexcept override;

private:
  enum class stage : uint8_t { handshake, open, over };

  void look_at_handshake();
  void conclude();
  void encrypt();

  client_host& host_;
  tls::session session_;
  std::unique_ptr<client_protocol> inner_;
  const http_version version_;
  stage stage_ = stage::handshake;
};

} // namespace mica::net
