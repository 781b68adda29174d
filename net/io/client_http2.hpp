// HTTP/2 on a client's connection.

#pragma once

#include "http2/client_session.hpp"
#include "io/client_protocol.hpp"

#include <vector>

namespace mica::net {

/// Carries exchanges and streams side by side.
class client_http2 : public client_protocol, private http2::client_events {
public:
  /// @param secure the scheme is `https`.
  client_http2(client_host& host, const http_limits& limits,
               const http2_limits& limits2, bool secure);

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
  struct open_call {
    int32_t stream;
    call_ref call;
  };
  using position = std::vector<open_call>::iterator;

  void on_response(int32_t stream, http_response&& response) override;
  void on_head(int32_t stream, http_response&& head) override;
  void on_data(int32_t stream, std::string_view bytes) override;
  void on_end(int32_t stream, metadata&& trailers) override;
  void on_writable(int32_t stream) override;
  void on_written(int32_t stream, size_t bytes) override;
  void on_failure(int32_t stream, const error& why) override;
  void on_capacity() override;

  position at(int32_t stream);
  /// Null if nobody waits for `stream` any more.
  pool_call* find(int32_t stream);
  /// Null for exchanges, too.
  response_receiver* receiver_of(int32_t stream);
  void forget(int32_t stream);
  void drop(int32_t stream);

  client_host& host_;
  http2::client_session session_;
  /// Ascending: streams are numbered in the order in which they begin.
  std::vector<open_call> open_;
  const std::string_view scheme_;
  /// When bytes came last.
  time_point now_{};
  /// The host knows that the connection is open, or refused.
  bool told_ = false;
  bool draining_ = false;
};

} // namespace mica::net
