#include "stream/message_steps.hpp"

#include "stream/stream_wire.hpp"

#include <google/protobuf/message.h>

#include <exception>
#include <utility>

namespace mica {

std::string_view streamed_message::service() const noexcept {
  return steps_->service_;
}

std::string_view streamed_message::endpoint() const noexcept {
  return steps_->endpoint_;
}

bool streamed_message::on_server() const noexcept {
  return steps_->on_server_;
}

namespace detail {

std::shared_ptr<const stream_function>
make_message_chain(const std::vector<stream_wrapper>& wrappers) {
  if (wrappers.empty())
    return nullptr;
  stream_function chain = [](streamed_message& x) { message_steps::pass(x); };
  // The first listed becomes the outermost.
  for (auto i = wrappers.rbegin(); i != wrappers.rend(); ++i)
    chain = (*i)(std::move(chain));
  return std::make_shared<const stream_function>(std::move(chain));
}

message_steps::message_steps(std::shared_ptr<const stream_function> chain,
                             std::string service, std::string endpoint, bool on_server)
  : chain_(std::move(chain)),
    service_(std::move(service)),
    endpoint_(std::move(endpoint)),
    on_server_(on_server) {
  // nop
}

void message_steps::pass(streamed_message& message) {
  // Once: a second frame of one message would be another message.
  if (std::exchange(message.passed_, true) || message.failure_)
    return;
  if (message.sent()) {
    auto& wire = *static_cast<stream_wire*>(message.wire_);
    if (auto ok = wire.frame(*message.content_, *message.out_); !ok)
      message.failure_ = std::move(ok.error());
  } else if (message.content_ != message.received_) {
    message.received_->CopyFrom(*message.content_);
  }
}

// The user's code must not see what its steps throw: it would be taken for its own.
void message_steps::run(streamed_message& message) const {
  try {
    (*chain_)(message);
  } catch (const std::exception& x) {
    message.fail({errc::internal, std::string{"a stream wrapper threw: "} + x.what()});
  } catch (...) {
    message.fail({errc::internal,
                  "a stream wrapper threw an exception that is no std::exception"});
  }
}

expected<void> message_steps::send(const google::protobuf::Message& message,
                                   stream_wire& wire, std::string& out) {
  streamed_message x;
  x.steps_ = this;
  x.content_ = &message;
  x.number_ = ++sent_;
  x.wire_ = &wire;
  x.out_ = &out;
  auto before = out.size();
  run(x);
  if (!x.failure_)
    return {};
  out.resize(before);
  return std::move(x.failure_);
}

expected<bool> message_steps::receive(google::protobuf::Message& message) {
  streamed_message x;
  x.steps_ = this;
  x.content_ = &message;
  x.received_ = &message;
  x.number_ = ++received_;
  run(x);
  if (x.failure_)
    return std::move(x.failure_);
  return x.passed_;
}

} // namespace detail

} // namespace mica
