// Streams over gRPC.

#pragma once

#include "mica/codecs/codec.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/net/stream.hpp"
#include "stream/stream_wire.hpp"

#include <memory>

namespace mica::detail {

/// What a server's stream says and how. All of it outlives the stream's wire.
struct grpc_server_terms {
  const reply_style& style;
  const mica::codec& codec;
  /// Fields of the user's for the head; read when that is sent, or for the trailers if
  /// they come later.
  metadata& headers;
  metadata& trailers;
  /// How the peer compresses its messages.
  grpc::coding from;
  /// How we compress ours, if the peer reads that; the head tells what is said when it
  /// is sent, identity goes for each message.
  const grpc::coding& as;
  size_t message_bytes;
};

std::unique_ptr<stream_wire> make_grpc_server_wire(net::stream_sender to,
                                                   const grpc_server_terms& terms);

/// The client's half.
class grpc_client_wire : public client_wire {
public:
  /// @param codec outlives this.
  grpc_client_wire(const mica::codec& codec, grpc::coding as, size_t message_bytes);

  void attach(net::stream_sender to) override {
    to_ = std::move(to);
  }

  expected<void> frame(const google::protobuf::Message& message,
                       std::string& out) override;
  void send(std::string&& frames) override;
  void finish(const error& outcome) override;
  void abort() override;
  void taken(size_t bytes) override;
  bool next(std::string_view& input, std::string_view& message) override;
  bool compressed() const override;
  const error& failure() const override;
  expected<void> decode(std::string_view message,
                        google::protobuf::Message& into) override;
  error read_end(const metadata& trailers) override;
  expected<void> read_head(const http_response& head) override;
  expected<void> decode_fields(metadata& fields) override;

private:
  const mica::codec& codec_;
  const grpc::coding as_;
  const size_t message_bytes_;
  net::stream_sender to_;
  http_response head_;
  grpc::message_reader reader_;
};

} // namespace mica::detail
