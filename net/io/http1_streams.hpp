// The streams of one HTTP/1.1 connection: Go Micro's, told apart by Micro-Stream.

#pragma once

#include "http1/server_session.hpp"
#include "io/message_flow.hpp"
#include "io/server_protocol.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net {

/// Carries messages between requests and responses that are not paired, and the
/// receivers that the listener's handler gave (docs/wire/mucp.md). Lives on the I/O
/// lane, within its connection's protocol.
class http1_streams {
public:
  http1_streams(connection_host& host, http1::server_session& session);

  /// Takes a request that opens a stream or belongs to one. False for any other, which
  /// is to be answered.
  bool take(http1::numbered_request& x);

  /// Takes a command for the stream that the request `number` has opened.
  void apply(uint64_t number, stream_command&& what);

  /// So many bytes of the session's output have left.
  void sent(size_t bytes);

  /// The peer has gone: who works for a stream is told.
  void lose() noexcept;

  /// Lets go of the receivers of streams that are over. Not within a receiver's
  /// callback.
  void bury() noexcept;

  /// A stream has not been ended by its handler.
  bool any_open() const noexcept;

private:
  struct entry {
    std::string name;
    uint64_t number;
    message_flow flow;
    /// Null until the handler has given it, and once the stream is over.
    std::unique_ptr<stream_receiver> receiver = nullptr;
    /// Of each message of ours.
    metadata fields = {};
    bool input_ended = false;
    /// We have said the end. The name is kept for as long as the peer may send more: it
    /// would open another stream.
    bool over = false;
  };

  bool open(http1::numbered_request& x, std::string_view name);
  bool make_room();
  void deliver(entry& to, http_request& message, bool last);
  void send(entry& from, std::string_view records);
  void finish(entry& which);
  void look_at_input();
  entry* find(uint64_t number) noexcept;
  template <class F>
  void tell(uint64_t number, F f) noexcept;

  connection_host& host_;
  http1::server_session& session_;
  std::vector<entry> entries_;
  std::vector<std::unique_ptr<stream_receiver>> removed_;
  departures departures_;
};

} // namespace mica::net
