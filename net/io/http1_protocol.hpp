// HTTP/1.1 on a server's connection.

#pragma once

#include "http1/server_session.hpp"
#include "io/http1_streams.hpp"
#include "io/server_protocol.hpp"

#include <vector>

namespace mica::net {

/// Lets the listener's handler answer what an `http1::server_session` reads, and
/// carries Go Micro's streams.
class http1_protocol final : public server_protocol {
public:
  /// @param began when the connection or its first byte came.
  http1_protocol(connection_host& host, time_point began);

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
  struct open_request {
    uint64_t sequence;
    /// The handler knows that the peer went away.
    bool told;
  };

  void ask_handler(http1::numbered_request& from);
  std::chrono::milliseconds patience() const;

  connection_host& host_;
  http1::server_session session_;
  http1_streams streams_;
  /// Requests with the handler, oldest first; at most `pipelined_requests`.
  std::vector<open_request> open_;
  /// When the current phase began or moved on.
  time_point since_;
  http1::phase phase_ = http1::phase::header;
  bool refusal_counted_ = false;
};

} // namespace mica::net
