// One stream of a connection, piece by piece: what streaming calls are made of.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/http.hpp"
#include "mica/codecs/metadata.hpp"

#include <caf/actor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mica::net {

class lane_connection;
class stream_sender;

/// Takes what the peer sends on one stream, in order. Called on the I/O lane; must not
/// block and must not throw. Destroyed when the stream is over for both sides, or with
/// its connection (then `on_reset` came before).
class stream_receiver {
public:
  virtual ~stream_receiver();

  /// Some bytes of the body. They count against the stream's window, or over HTTP/1.1
  /// against `http_limits::stream_input_bytes`, until
  /// `stream_sender::consumed` says that they were taken.
  virtual void on_data(std::string_view bytes) = 0;

  /// The peer sends no more. `trailers` is empty if there were none.
  virtual void on_end(metadata&& trailers) = 0;

  /// The stream is over before its regular end: reset by the peer, connection lost,
  /// deadline passed (client). Nothing follows, nothing can be sent any more.
  ///
  /// A client's failure has the reason `errc::connection_failed` if the request
  /// provably reached no handler (refused stream, GOAWAY, never sent).
  virtual void on_reset(const error& why) = 0;

  /// What waited to be written has fallen below half of
  /// `http2_limits::stream_output_bytes` after it had reached the bound.
  virtual void on_writable() = 0;

  /// So many bytes of what `stream_sender::data` was given have left the stream's
  /// queue, on their way to the socket. What is sent from within does not leave with
  /// them. This is how a writer on another thread knows what still waits.
  virtual void on_written(size_t bytes);
};

/// As `stream_receiver`, for a stream that a client opens.
class response_receiver : public stream_receiver {
public:
  /// The connection is there and the request's fields have been handed to it: from now
  /// on the stream can be sent to. First of all, but for an `on_reset`.
  virtual void on_open(const stream_sender& to) = 0;

  /// The fields of the response, once, before its body.
  virtual void on_head(http_response&& head) = 0;
};

/// Why a stream is given up (RFC 9113, 7).
enum class reset_reason : uint32_t {
  no_error = 0x0,
  protocol_error = 0x1,
  internal_error = 0x2,
  refused_stream = 0x7,
  cancel = 0x8,
  enhance_your_calm = 0xb,
};

/// The sending half of one stream.
///
/// Over HTTP/1.1 a stream is Go Micro's (docs/wire/mucp.md): messages that are whole
/// requests and responses. `data` holds one or more of them there, each behind gRPC's
/// prefix, uncompressed, and so does what `stream_receiver::on_data` gets; the fields
/// of `head`, or of a client's request, stand on each. The last message of a direction
/// is what carries Micro-Error: its fields are given to `end` by either side and come
/// as `trailers`. `reset` ends the connection.
///
/// Cheap to copy; may outlive stream and connection:
/// what is sent to a dead one is dropped. Any thread; from the I/O lane, within a
/// receiver's callback, what is sent leaves with everything else that the callback
/// caused in one write.
class stream_sender {
public:
  stream_sender() = default;

  /// @param connection a connection of a listener or of a pool; a test's actor gets
  ///        each command as the message `(uint64_t, stream_command)`.
  stream_sender(caf::actor connection, uint64_t stream);

  /// The response's fields, without body; a server's stream only, before all others.
  void head(http_response&& head) const;

  /// Some bytes of the body, in order.
  void data(std::string&& bytes) const;

  /// Nothing more will be sent; `trailers` go with it (over HTTP/2, servers only).
  void end(metadata&& trailers = {}) const;

  /// The stream is given up in both directions. The receiver hears nothing more.
  void reset(reset_reason why) const;

  /// `bytes` of what the receiver got have been taken: the window opens.
  void consumed(size_t bytes) const;

  const caf::actor& connection() const noexcept {
    return connection_;
  }

  uint64_t stream() const noexcept {
    return stream_;
  }

  explicit operator bool() const noexcept {
    return connection_ != nullptr;
  }

private:
  caf::actor connection_;
  /// `connection_` by its class; null if it is another kind of actor.
  lane_connection* carrier_ = nullptr;
  uint64_t stream_ = 0;
};

} // namespace mica::net
