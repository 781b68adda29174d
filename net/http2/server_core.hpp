// What a server makes of the streams.

#pragma once

#include "http2/server_session.hpp"
#include "http2/session_core.hpp"

namespace mica::net::http2 {

struct server_stream : stream {
  using stream::stream;

  http_request request;
  /// Its fields live until they are framed.
  http_response response;
  /// All fields of the head are there.
  bool head_done = false;
  /// Answered by `respond`: the body may be of any size.
  bool answered_whole = false;
  /// Asked by HEAD.
  bool to_head = false;
  bool expects_continue = false;
};

/// Requests out of streams, responses into them. See `server_session`.
class server_core : public session_core {
public:
  server_core(const http_limits& limits, const http2_limits& limits2,
              server_events& to);

  bool upgrade(std::string_view settings, http_request&& request);
  void respond(int32_t id, http_response&& response);
  void head(int32_t id, http_response&& head);
  void end_of(int32_t id, metadata&& trailers);
  void drain();

  size_t told() const noexcept {
    return told_;
  }

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

  void take_pseudo(server_stream& x, std::string_view name, std::string_view value);
  void accept(server_stream& x, bool last);
  void begin_body(server_stream& x);
  void collect(server_stream& x, std::string_view bytes);
  void finish(server_stream& x);
  void tell_request(server_stream& x);
  void refuse(server_stream& x, int status, std::string text);
  void answer(server_stream& x, http_response&& response);
  void add_status(int status);
  void submit(server_stream& x, bool last);

  server_events* to_;
  /// Streams that ended here before the peer had ended its side, newest at `next_`.
  std::vector<int32_t> forgiven_;
  size_t forgiven_next_ = 0;
  /// Of the last gap in the peer's numbers: begin and end.
  int32_t skipped_from_ = 0;
  int32_t skipped_to_ = 0;
  size_t told_ = 0;
  /// Streams whose bodies are on their way.
  size_t bodies_ = 0;
  /// Bytes of whole bodies that are not complete.
  size_t collected_ = 0;
  /// Unset until `expire` has seen it: `drain` brings no time.
  time_point drain_since_{};
};

} // namespace mica::net::http2
