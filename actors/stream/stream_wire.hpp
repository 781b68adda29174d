// What carries the messages of one stream: gRPC over HTTP/2, or mucp over HTTP/1.1.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/http.hpp"
#include "mica/codecs/metadata.hpp"
#include "mica/net/stream.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace mica::detail {

/// Messages to bytes and back, for one stream. The bytes are gRPC's for every protocol:
/// what was framed before it is known which one a node speaks can be sent by any. Used
/// at the stream's home alone, one call at a time; what it sends reaches the connection
/// from any thread.
class stream_wire {
public:
  virtual ~stream_wire();

  // -- out -----------------------------------------------------------------------

  /// Appends a message to `out`, ready to be sent. On failure `out` is as before.
  virtual expected<void> frame(const google::protobuf::Message& message,
                               std::string& out) = 0;

  /// Sends whole messages; a server's head goes before the first.
  virtual void send(std::string&& frames) = 0;

  /// Sends no more. A server says how the call ended ("none": well); a client closes
  /// its direction and `outcome` means nothing.
  virtual void finish(const error& outcome) = 0;

  /// Gives up both directions.
  virtual void abort() = 0;

  /// So many of the bytes that came in have been taken.
  virtual void taken(size_t bytes) = 0;

  // -- in ------------------------------------------------------------------------

  /// Takes the next message out of what was kept and the front of `input`. True: there
  /// is one; it lives until the next call, and as long as the text of `input`. False:
  /// `input` is used up, or what came can't be read (`failure`).
  virtual bool next(std::string_view& input, std::string_view& message) = 0;

  /// Whether the message that `next` has just taken came compressed.
  virtual bool compressed() const = 0;

  /// Why the input can't be read on; "none" while it can.
  virtual const error& failure() const = 0;

  /// On a client: the message that `next` has just taken was the last, although the
  /// peer does not say so.
  virtual bool was_last() const {
    return false;
  }

  /// Decodes a message; the error says what is wrong with it.
  virtual expected<void> decode(std::string_view message,
                                google::protobuf::Message& into) = 0;

  /// Reads the end of the input: how the call ended on a client; on a server "none", or
  /// what is missing.
  virtual error read_end(const metadata& trailers) = 0;

  /// Reads a response's fields, on a client. An error ends the call.
  virtual expected<void> read_head(const http_response& head) = 0;

  /// Brings what the peer's user put into head or trailers into its own form.
  virtual expected<void> decode_fields(metadata& fields) = 0;
};

/// A client's wire. Nothing is sent before it is attached to an open stream.
class client_wire : public stream_wire {
public:
  virtual void attach(net::stream_sender to) = 0;
};

} // namespace mica::detail
