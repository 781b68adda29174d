// What a client makes of the streams.

#pragma once

#include "http2/client_session.hpp"
#include "http2/session_core.hpp"

namespace mica::net::http2 {

struct client_stream : stream {
  using stream::stream;

  /// Its texts live until they are framed.
  http_request request;
  http_response response;
  /// The final response's fields are there.
  bool head_done = false;
  int status = 0;
};

/// Responses out of streams, requests into them. See `client_session`.
class client_core : public session_core {
public:
  client_core(const http_limits& limits, const http2_limits& limits2,
              client_events& to);

  expected<int32_t> begin(http_request&& request, std::string_view scheme, bool whole);
  void end_of(int32_t id);
  void drain();
  size_t capacity() const noexcept;
  bool closing() const noexcept;

  bool in_body() const noexcept {
    return bodies_ > 0;
  }

private:
  stream* begin_stream(int32_t id) override;
  void begin_fields(stream& x) override;
  void take_field(stream& x, std::string_view name, std::string_view value) override;
  void end_fields(stream& x, bool last) override;
  void take_data(stream& x, std::string_view bytes) override;
  void end_body(stream& x) override;
  void forget(stream& x) override;
  void tell_lost(int32_t id, const error& why) override;
  void tell_written(int32_t id, size_t bytes) override;
  void tell_writable(int32_t id) override;
  void tell_rest() override;
  errc reason_of(uint32_t code, bool by_peer) const noexcept override;
  void check_streams() override;
  bool wants_ping() const noexcept override;
  void on_peer_going() override;
  void on_drain_step() override;
  void on_drain_due() override;
  time_point drain_due() const noexcept override;
  bool judge_stream(const frame_head& frame) override;
  void on_refused(int32_t id) override;

  void accept(client_stream& x, bool last);
  void finish(client_stream& x);
  void fail_beyond(client_stream& x, std::string_view what, size_t limit,
                   std::string_view member);

  client_events* to_;
  /// Streams whose responses' bodies are on their way.
  size_t bodies_ = 0;
  size_t collected_ = 0;
  /// As last told.
  size_t capacity_ = 0;
};

} // namespace mica::net::http2
