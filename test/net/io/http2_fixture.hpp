// A listener on CAF's virtual network and a peer that speaks HTTP/2 to it.

#pragma once

#include "net/io/http2_peer.hpp"
#include "net/io/server_fixture.hpp"

namespace mica::test {

struct http2_fixture : server_fixture {
  /// Carries bytes both ways until neither side has any.
  void talk(int64_t id, http2_peer& who) {
    for (;;) {
      auto out = who.output();
      if (!out.empty())
        receive(id, out);
      auto in = sent(id);
      if (in.empty() && out.empty())
        return;
      who.receive(in);
    }
  }

  void dial(int64_t id, http2_peer& who) {
    connect(id);
    talk(id, who);
  }

  std::string ask(int64_t id, http2_peer& who, const std::string& target,
                  const std::string& body = {}) {
    auto stream = who.ask(target, body);
    talk(id, who);
    return who.body(stream);
  }

  server_stream_log& log(size_t number) {
    CAF_REQUIRE(handler->streams.size() > number);
    return *handler->streams[number];
  }

  http2_peer peer;
};

} // namespace mica::test
