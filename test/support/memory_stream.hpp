// A stream without a wire, for handlers that are tested by themselves.

#pragma once

#include "mica/actors/stream.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mica::test {

/// Gives what the test says and keeps what is written. Its home is the calling thread.
class memory_stream : public detail::any_stream {
public:
  using message = google::protobuf::Message;

  // -- the peer --------------------------------------------------------------------

  /// Sends a message to the handler.
  void push(const message& what) {
    if (reader_.resume) {
      into_->CopyFrom(what);
      answer(detail::read_state::message);
      return;
    }
    input_.emplace_back(what.New());
    input_.back()->CopyFrom(what);
  }

  /// Sends no more.
  void push_end() {
    done_ = true;
    if (reader_.resume)
      answer(detail::read_state::over);
  }

  /// Does not read, or reads again.
  void set_full(bool full) {
    full_ = full;
    // A copy: the function may end the stream.
    if (auto then = on_writable_; !full && then)
      then();
  }

  /// What was written since the last call, each as protobuf's text.
  std::vector<std::string> take_output() {
    return std::exchange(output_, {});
  }

  /// `open`, `ended`, `cancelled`, or the text of the error that it failed with.
  const std::string& state() const noexcept {
    return state_;
  }

  // -- the handler -----------------------------------------------------------------

  detail::read_state take(message& into) override {
    if (input_.empty())
      return done_ || !open() ? detail::read_state::over : detail::read_state::waiting;
    into.CopyFrom(*input_.front());
    input_.erase(input_.begin());
    return detail::read_state::message;
  }

  void await_message(message& into, detail::read_state& state, waiter who) override {
    into_ = &into;
    into_state_ = &state;
    reader_ = who;
  }

  void on_message(std::unique_ptr<message> storage,
                  std::function<void(message&)> then) override {
    while (take(*storage) == detail::read_state::message)
      then(*storage);
  }

  bool write(const message& what) override {
    if (!open())
      return false;
    output_.push_back(what.ShortDebugString());
    return true;
  }

  bool writable() const override {
    return open() && !full_;
  }

  bool open() const override {
    return state_ == "open";
  }

  /// Not for handlers that await room.
  void await_writable(waiter who) override {
    who.resume(who.about);
  }

  void forget(void* about) noexcept override {
    if (reader_.about == about)
      reader_ = {};
  }

  void on_writable(std::function<void()> then) override {
    on_writable_ = std::move(then);
  }

  void on_end(std::function<void(const error&)>) override {
    // nop
  }

  void end() override {
    close("ended");
  }

  void fail(error why) override {
    close(why.detail);
  }

  void cancel() override {
    close("cancelled");
  }

  error failure() const override {
    return {};
  }

  const metadata& headers() const override {
    return fields_;
  }

  const metadata& trailers() const override {
    return fields_;
  }

  void at_home(std::function<void()> run) override {
    run();
  }

private:
  void answer(detail::read_state state) {
    *into_state_ = state;
    auto who = std::exchange(reader_, {});
    who.resume(who.about);
  }

  void close(std::string state) {
    if (!open())
      return;
    state_ = std::move(state);
    // Callbacks hold copies of their stream.
    on_writable_ = nullptr;
    if (reader_.resume)
      answer(detail::read_state::over);
  }

  std::vector<std::unique_ptr<message>> input_;
  bool done_ = false;
  bool full_ = false;
  message* into_ = nullptr;
  detail::read_state* into_state_ = nullptr;
  waiter reader_;
  std::function<void()> on_writable_;
  std::vector<std::string> output_;
  std::string state_ = "open";
  metadata fields_;
};

} // namespace mica::test
