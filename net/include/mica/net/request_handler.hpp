// The seam between connections and whoever gives requests a meaning.

#pragma once

#include "mica/codecs/http.hpp"
#include "mica/net/stream.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::net {

/// Where an answer goes: one request of one connection. Cheap to copy; may outlive
/// the connection, answers to a dead one are dropped.
struct reply_address {
  caf::actor connection;
  /// Number of the request on its connection, from 0; over HTTP/2 the stream's id.
  uint64_t sequence = 0;
};

/// What is known of the other end.
struct peer_info {
  /// `host:port` of the peer; empty on Unix sockets.
  std::string remote;
  /// `host:port` of our end.
  std::string local;
  /// The names in the peer's verified certificate (subject alternative names, of
  /// DNS, IP and URI kind); empty without mutual TLS.
  std::vector<std::string> certificate_names = {};
  bool secure = false;
};

/// Receives the requests of all connections of a listener. Lives on the I/O lane;
/// must not block.
class request_handler {
public:
  virtual ~request_handler();

  /// The fields of a request over HTTP/2 are there, its body is still to come; or a
  /// request over HTTP/1.1 with Micro-Stream came, whole, that opens a stream.
  /// Returns null to get it whole by `on_request` (the default), or whoever takes it
  /// piece by piece; `head` may have been moved from then alone.
  virtual std::unique_ptr<stream_receiver>
  on_stream(http_request& head, const stream_sender& to, const peer_info& peer);

  /// Takes one complete request. Returns the response at once (nothing is sent to
  /// any mailbox then), or nothing: exactly one `send_reply` follows, from any
  /// thread.
  virtual std::optional<http_response> on_request(http_request&& request,
                                                  const reply_address& from,
                                                  const peer_info& peer) = 0;

  /// The peer went away before `from` was answered: the connection ended, or the
  /// peer said that it sends no more. An answer may still be given; it reaches a
  /// peer that only closed its own direction, else it is dropped.
  virtual void on_abandoned(const reply_address& from) = 0;
};

/// Answers a request from any thread. To a `connection` that is no connection of a
/// listener (a test's actor) it sends the message `(uint64_t, http_response)`.
void send_reply(const reply_address& to, http_response&& response);

} // namespace mica::net
