// HTTP/2 on a server's connection.

#pragma once

#include "http2/server_session.hpp"
#include "io/server_protocol.hpp"
#include "io/stream_table.hpp"

#include <memory>
#include <string_view>

namespace mica::net {

/// Lets the listener's handler answer what an `http2::server_session` reads. Never
/// stops the reading: windows hold the peer back, and its leaving is seen.
class http2_protocol final : public server_protocol, private http2::server_events {
public:
  explicit http2_protocol(connection_host& host);

  /// Takes over from HTTP/1.1 (RFC 7540, 3.2): says 101 and answers `request` as stream
  /// 1. Null if its HTTP2-Settings are broken.
  static std::unique_ptr<http2_protocol> upgrade(connection_host& host,
                                                 http_request&& request);

  void receive(std::string_view bytes) override;
  void receive_eof() override;
  bool wants_input() const noexcept override;
  bool multiplexed() const noexcept override;
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
  bool on_head(int32_t stream, http_request& head) override;
  void on_request(int32_t stream, http_request&& request) override;
  void on_data(int32_t stream, std::string_view bytes) override;
  void on_end(int32_t stream, metadata&& trailers) override;
  void on_writable(int32_t stream) override;
  void on_written(int32_t stream, size_t bytes) override;
  void on_reset(int32_t stream, const error& why) override;

  /// Calls `f` with the receiver of `stream`, if it has one; what it throws resets
  /// the stream.
  template <class F>
  void with_receiver(int32_t stream, F f) noexcept;
  void fail_stream(int32_t stream) noexcept;

  connection_host& host_;
  /// What the handler was told of and has not ended.
  stream_table streams_;
  http2::server_session session_;
  /// What HTTP/1.1 still has to say, before all output of ours.
  std::string_view prefix_;
  /// When the last stream was seen.
  time_point since_;
  bool drained_ = false;
  bool failure_told_ = false;
};

} // namespace mica::net
