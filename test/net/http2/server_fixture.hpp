// A server's session against bytes written by hand.

#pragma once

#include "pair.hpp"
#include "wire.hpp"

namespace mica::test {

struct server_fixture {
  server_fixture() {
    restart();
  }

  /// A new session behind the exchange of SETTINGS.
  void restart() {
    at_server.of.clear();
    server = net::http2::server_session{limits, limits2, at_server};
    server.receive(wire::hello() + wire::frame(wire::settings, wire::ack, 0), now);
    written(server);
  }

  /// Gives bytes and returns the frames that are written then.
  std::vector<wire::frame_view> say(std::string_view bytes) {
    server.receive(bytes, now);
    return wire::frames(written(server));
  }

  /// The error code of the GOAWAY that the bytes lead to; -1 for none.
  int doom_of(std::string_view bytes) {
    auto farewell = wire::first(say(bytes), wire::goaway);
    return farewell.what == wire::goaway ? static_cast<int>(farewell.error()) : -1;
  }

  /// The error code of the RST_STREAM; -1 for none.
  int reset_of(uint32_t stream, std::string_view bytes) {
    auto reset = wire::first(say(bytes), wire::rst_stream, stream);
    return reset.what == wire::rst_stream ? static_cast<int>(reset.error()) : -1;
  }

  net::http_limits limits;
  net::http2_limits limits2;
  time_point now = time_point{} + 1h;
  server_record at_server;
  net::http2::server_session server{limits, limits2, at_server};
};

} // namespace mica::test
