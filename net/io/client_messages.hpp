// One stream on a client's HTTP/1.1 connection of its own: Go Micro's.

#pragma once

#include "http1/client_pipe.hpp"
#include "io/client_protocol.hpp"
#include "io/message_flow.hpp"

namespace mica::net {

/// Carries a single stream, whose end is that of the connection (docs/wire/mucp.md).
class client_messages : public client_protocol {
public:
  client_messages(client_host& host, const http_limits& limits,
                  const http2_limits& limits2);

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
  void take(http_response&& message);
  void conclude();
  void end(metadata&& fields);
  void fail(error why);
  template <class F>
  void tell(F f);

  client_host& host_;
  http1::client_pipe pipe_;
  message_flow flow_;
  departures departures_;
  bool used_ = false;
  bool draining_ = false;
  /// A message has come.
  bool answered_ = false;
  /// A byte of ours has left.
  bool sent_ = false;
  /// The stream is over.
  bool over_ = false;
};

} // namespace mica::net
