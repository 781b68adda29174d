// Every limit of the network layer, with unit and default.

#pragma once

#include <chrono>
#include <cstddef>

namespace mica::net {

/// Bounds of one HTTP connection and of a listener. docs/limits.md explains each.
///
/// What happens at a bound stands with it; nothing is cut off silently.
struct http_limits {
  /// Bytes of the request or status line. Beyond: 414 (server), failed call (client).
  size_t start_line_bytes = 8 * 1024;
  /// Bytes of all field lines of a message, trailers included. Beyond: 431.
  size_t header_bytes = 32 * 1024;
  /// Number of field lines. Beyond: 431.
  size_t header_fields = 100;
  /// Bytes of a body after unframing. Beyond: 413.
  size_t body_bytes = 4 * 1024 * 1024;
  /// Requests of one connection that are parsed and not answered yet. At the
  /// bound the connection is not read.
  size_t pipelined_requests = 16;
  /// Bytes waiting to be written to one peer before it is not read any more.
  size_t output_bytes = 256 * 1024;
  /// Streams of one connection, of Go Micro's kind (docs/wire/mucp.md), those included
  /// that were ended by us alone. Beyond: 503 in Micro-Error.
  size_t connection_streams = 16;
  /// Bytes of one such stream's messages that nobody has taken yet. At the bound the
  /// connection is not read.
  size_t stream_input_bytes = 256 * 1024;
  /// Bytes of the read buffer of an idle connection; larger while a body flows.
  size_t idle_read_bytes = 1024;
  /// Bytes of the read buffer while a body flows.
  size_t bulk_read_bytes = 256 * 1024;
  /// From the first byte of a request to the end of its header. Beyond: 408.
  std::chrono::milliseconds header_time{10'000};
  /// Between two reads of a body. Beyond: 408.
  std::chrono::milliseconds body_time{30'000};
  /// Without a byte in either direction and without a call. Beyond: closed. Also how
  /// long a peer that closed its direction may wait for an answer. Beyond: reset.
  std::chrono::milliseconds idle_time{120'000};
  /// Between two writes while output waits. Beyond: connection reset.
  std::chrono::milliseconds write_time{30'000};
  /// Between our last byte and the peer's own close, when we end a connection: what
  /// it still sends is read and dropped, so that it can read our answer. Beyond:
  /// closed.
  std::chrono::milliseconds linger_time{2'000};
  /// Without a byte of a request while the listener drains. Beyond: closed.
  std::chrono::milliseconds drain_idle_time{250};
  /// Open connections of one listener. At the bound the acceptor pauses.
  size_t connections = 10'000;
};

/// Bounds of one HTTP/2 connection, in addition to those of `http_limits` that do not
/// name HTTP/1.1 alone. docs/limits.md explains each.
struct http2_limits {
  /// Streams that a peer may have open (SETTINGS_MAX_CONCURRENT_STREAMS). Beyond:
  /// REFUSED_STREAM; once the peer has acknowledged it, PROTOCOL_ERROR, and the end.
  size_t concurrent_streams = 256;
  /// Bytes of a stream that nobody has taken yet (SETTINGS_INITIAL_WINDOW_SIZE). At
  /// the bound the peer's writer waits.
  size_t stream_window_bytes = 256 * 1024;
  /// Bytes of all streams of a connection that nobody has taken yet. At the bound the
  /// peer's writers wait.
  size_t connection_window_bytes = 4 * 1024 * 1024;
  /// Bytes of whole bodies that are being collected on one connection. Beyond: the
  /// stream that brought the byte is reset with ENHANCE_YOUR_CALM.
  size_t collected_bytes = 16 * 1024 * 1024;
  /// Bytes of one stream that wait to be written, over HTTP/1.1 too. At the bound its
  /// writer waits until half of them are gone.
  size_t stream_output_bytes = 64 * 1024;
  /// Payload of a frame that the peer may send (SETTINGS_MAX_FRAME_SIZE, 16 KiB at
  /// least), and of a DATA frame of ours if the peer takes it. Beyond:
  /// FRAME_SIZE_ERROR.
  size_t frame_bytes = 64 * 1024;
  /// Bytes of HPACK's dynamic table (SETTINGS_HEADER_TABLE_SIZE).
  size_t header_table_bytes = 4096;
  /// CONTINUATION frames of one field section. Beyond: ENHANCE_YOUR_CALM.
  size_t continuations = 8;
  /// Answers to PING and SETTINGS that wait to be written. Beyond: ENHANCE_YOUR_CALM.
  size_t unread_answers = 1'000;
  /// Streams that came to nothing through the peer: this many at once, and so many
  /// a second. Beyond: ENHANCE_YOUR_CALM. Four times `concurrent_streams`.
  size_t resets = 1'024;
  size_t resets_per_second = 100;
  /// Frames that carry nothing, in units of `abuse_meter`: this many at once, and so
  /// many a second, besides what the work done gives back. Beyond: ENHANCE_YOUR_CALM.
  size_t control_frames = 1'000;
  size_t control_frames_per_second = 100;
  /// From the first byte to the acknowledgement of our SETTINGS. Beyond: closed.
  std::chrono::milliseconds settings_time{10'000};
  /// A stream's output waits and the peer opens no window: stream reset. A whole answer
  /// has `http_limits::write_time`.
  std::chrono::milliseconds stall_time{300'000};
  /// Without a byte from the peer: a PING is sent, by clients while a stream is open;
  /// each time that only the PING is answered, the next waits twice as long, up to
  /// eight times. 0: never.
  std::chrono::milliseconds ping_time{60'000};
  /// Between a PING and the next byte. Beyond: connection closed.
  std::chrono::milliseconds ping_timeout{20'000};
};

/// Bounds of the client's connections; names and defaults are Go Micro's.
struct pool_limits {
  /// Idle connections kept per address (client_pool_size).
  size_t idle_per_address = 100;
  /// Age since the connection was made at which it is not re-used (client_pool_ttl).
  std::chrono::milliseconds ttl{60'000};
  /// To connect (Go Micro's DialTimeout).
  std::chrono::milliseconds dial_time{5'000};
  /// Open connections per address. Beyond: calls wait in line.
  size_t connections_per_address = 1'000;
  /// Calls that wait for a connection to one address. Beyond: errc::overloaded.
  size_t waiting_per_address = 10'000;
  /// HTTP/2 connections per target: another one is made when the streams that the peer
  /// allows on each are in use. Beyond: calls wait in line.
  size_t http2_connections_per_address = 4;
};

} // namespace mica::net
