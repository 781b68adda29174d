// Streams over mucp (docs/wire/mucp.md).

#pragma once

#include "mica/codecs/codec.hpp"
#include "mica/codecs/endpoint.hpp"
#include "mica/codecs/envelope.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "stream/stream_wire.hpp"

#include <memory>

namespace mica::detail {

/// What a server's stream says and how. All of it outlives the stream's wire.
struct mucp_server_terms {
  const reply_style& style;
  const mica::codec& codec;
  /// Fields of the user's: the former for each message, if they are there when the
  /// first is written, else as the latter for the last one.
  metadata& headers;
  metadata& trailers;
  size_t message_bytes;
};

std::unique_ptr<stream_wire> make_mucp_server_wire(net::stream_sender to,
                                                   const mucp_server_terms& terms);

/// The client's half.
class mucp_client_wire final : public client_wire {
public:
  /// @param codec outlives this.
  mucp_client_wire(const mica::codec& codec, size_t message_bytes, method_kind kind);

  void attach(net::stream_sender to) override;
  expected<void> frame(const google::protobuf::Message& message,
                       std::string& out) override;
  void send(std::string&& frames) override;
  void finish(const error& outcome) override;
  void abort() override;
  void taken(size_t bytes) override;
  bool next(std::string_view& input, std::string_view& message) override;
  bool compressed() const override;
  const error& failure() const override;
  bool was_last() const override;
  expected<void> decode(std::string_view message,
                        google::protobuf::Message& into) override;
  error read_end(const metadata& trailers) override;
  expected<void> read_head(const http_response& head) override;
  expected<void> decode_fields(metadata& fields) override;

private:
  const mica::codec& codec_;
  const size_t message_bytes_;
  const method_kind kind_;
  net::stream_sender to_;
  grpc::message_reader reader_;
  /// The peer is Go Micro's server, which does not say the end after a client's.
  bool go_micro_ = false;
  /// What comes is the text of a refusal and no message.
  bool refused_ = false;
  bool ended_ = false;
  bool last_ = false;
};

} // namespace mica::detail
