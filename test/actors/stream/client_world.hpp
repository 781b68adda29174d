// A client's streams on CAF's deterministic scheduler: the test opens them and plays
// the connection.

#pragma once

#include "server_world.hpp"
#include "stream/caller_home.hpp"
#include "stream/client_stream.hpp"

#include <optional>

namespace mica::test {

/// The head of a gRPC response.
inline http_response grpc_head() {
  http_response result;
  result.fields.add("content-type", "application/grpc");
  return result;
}

inline metadata grpc_status(std::string_view code, std::string_view message = {}) {
  metadata result;
  result.add("grpc-status", code);
  if (!message.empty())
    result.add("grpc-message", message);
  return result;
}

class client_world : public server_world {
public:
  ~client_world() {
    // Streams that the test dropped end while what they tell is still there.
    run();
  }

  /// A stream that was begun; each attempt to open it is counted.
  std::shared_ptr<detail::client_stream>
  begin(std::shared_ptr<detail::stream_home> home,
        method_kind kind = method_kind::bidi_stream, const note* request = nullptr,
        int attempts = 2) {
    auto result = std::make_shared<detail::client_stream>(
        detail::client_terms{*codec, coding, message_bytes}, std::move(home), bounds,
        kind, attempts);
    if (request != nullptr)
      CAF_REQUIRE(result->set_request(*request));
    auto open = [this](const std::shared_ptr<detail::client_stream>& x) {
      ++openings;
      peer = x->make_receiver();
    };
    result->begin(open, [this](const error& why) { outcome = why; });
    return result;
  }

  /// The connection says that the stream is there.
  void opened(uint64_t id = 1) {
    peer->on_open(net::stream_sender{connection, id});
    run();
  }

  std::shared_ptr<detail::stream_home> lane_home() {
    return std::make_shared<detail::lane_home>(mpx);
  }

  int openings = 0;
  std::unique_ptr<net::response_receiver> peer;
  std::optional<error> outcome;
};

} // namespace mica::test
