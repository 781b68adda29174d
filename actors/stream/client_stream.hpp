// One call with a stream, on the client.

#pragma once

#include "mica/codecs/codec.hpp"
#include "mica/codecs/endpoint.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "mica/net/stream.hpp"
#include "stream/stream_core.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mica::detail {

/// What carries a stream; known when a node was found.
enum class stream_protocol : uint8_t { grpc, mucp };

/// How a client writes and reads messages.
struct client_terms {
  /// Outlives the stream.
  const mica::codec& codec;
  /// gRPC alone has it.
  grpc::coding compression = grpc::coding::identity;
  size_t message_bytes = grpc::default_message_bytes;
};

/// A stream that is opened by somebody else, who finds a node and a connection. Until
/// then it can be written to as if it were open. What never reached a handler is opened
/// again, with all that was sent before.
class client_stream final : public stream_core {
public:
  /// Finds a node and opens the stream there, with a receiver from `make_receiver`, or
  /// tells it by `arrive_failure`. Called from any thread.
  using opener = std::function<void(const std::shared_ptr<client_stream>&)>;

  /// @param attempts how often it may be opened.
  client_stream(const client_terms& terms, std::shared_ptr<stream_home> home,
                const stream_bounds& bounds, method_kind kind, int attempts);

  /// Before `begin`: the request of a method that streams to the client alone, which
  /// ends our side.
  expected<void> set_request(const google::protobuf::Message& request);

  /// `begin` was called.
  bool begun() const noexcept {
    return open_ != nullptr;
  }

  /// The stream fails unless it is over. Any thread.
  void refuse(const error& why);

  /// Opens the stream. @param then gets the outcome once, at the home.
  void begin(opener open, std::function<void(const error&)> then = {});

  /// Who tells this stream what its connection hears. I/O lane.
  std::unique_ptr<net::response_receiver>
  make_receiver(stream_protocol speaks = stream_protocol::grpc);

  void arrive_open(const net::stream_sender& to, stream_protocol speaks);
  void arrive_head(http_response&& head);

  void end() override;
  void fail(error why) override;
  void cancel() override;

protected:
  void flush_output() override;
  void take_head(http_response&& head) override;
  void take_failure(error&& why) override;
  void input_broken(error why) override;
  void input_ended(error&& why) override;
  void on_dropped() override;
  void user_threw(std::exception_ptr what) noexcept override;
  bool complete() const override;
  void settled() override;

private:
  void opened(const net::stream_sender& to, stream_protocol speaks);
  void speak(stream_protocol which);

  const client_terms terms_;
  stream_protocol speaks_ = stream_protocol::grpc;
  const method_kind kind_;
  int attempts_;
  opener open_;
  std::function<void(const error&)> then_;
  bool opened_ = false;
  bool answered_ = false;
  /// Our side is to end; said already if `opened_`.
  bool ended_ = false;
  /// What was sent and may have to be sent again; not once the peer has answered, or
  /// above `stream_bounds::output_bytes`.
  std::string sent_;
  bool may_repeat_ = true;
};

/// A stream that failed before it began; it runs where it is used.
stream_ptr failed_stream(error why);

} // namespace mica::detail
