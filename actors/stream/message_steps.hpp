// The steps that each message of a stream passes.

#pragma once

#include "mica/actors/wrapper.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

class stream_wire;

/// All wrappers around the bare step; shared by streams. Null without wrappers.
std::shared_ptr<const stream_function>
make_message_chain(const std::vector<stream_wrapper>& wrappers);

/// The steps of one stream. Used at its home.
class message_steps {
public:
  message_steps(std::shared_ptr<const stream_function> chain, std::string service,
                std::string endpoint, bool on_server);

  /// Appends the message to `out` as its steps let it through. Fails as
  /// `stream_wire::frame`, and as the steps say.
  expected<void> send(const google::protobuf::Message& message, stream_wire& wire,
                      std::string& out);

  /// Shows a message that came in. False: it was dropped.
  expected<bool> receive(google::protobuf::Message& message);

  /// The innermost step.
  static void pass(streamed_message& message);

private:
  friend class mica::streamed_message;

  void run(streamed_message& message) const;

  std::shared_ptr<const stream_function> chain_;
  std::string service_;
  std::string endpoint_;
  bool on_server_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
};

} // namespace mica::detail
