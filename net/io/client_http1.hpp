// HTTP/1.1 on a client's connection.

#pragma once

#include "http1/client_session.hpp"
#include "io/client_protocol.hpp"

namespace mica::net {

/// Carries one exchange after the other.
class client_http1 : public client_protocol {
public:
  client_http1(client_host& host, const http_limits& limits);

  void start() override;
  size_t capacity() const noexcept override;
  void begin(call_ref what) override;
  bool give_up(call_ref what) override;
  void apply(uint64_t stream, stream_command&& what) override;
  void receive(std::string_view bytes, time_point now) override;
  void receive_eof() override;
  size_t output(std::span<std::string_view> parts) override;
  void sent(size_t bytes) override;
  time_point due() const noexcept override;
  void expire(time_point now) override;
  void drain() override;
  bool closing() const noexcept override;
  bool finished() const noexcept override;
  bool reads_much() const noexcept override;

private:
  void conclude();

  client_host& host_;
  http1::client_session session_;
  /// A byte of the current request has left.
  bool sent_ = false;
  bool draining_ = false;
};

} // namespace mica::net
