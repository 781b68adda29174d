#include "stream/blocking.hpp"

#include "stream/stream_core.hpp"

#include <utility>

namespace mica::detail {

// -- the home ------------------------------------------------------------------------

void blocking_home::wake(std::shared_ptr<stream_core> stream) {
  {
    std::lock_guard guard{mtx_};
    again_ = true;
    if (std::exchange(busy_, true))
      return;
  }
  leave(*stream);
}

uint64_t blocking_home::enter() {
  std::unique_lock guard{mtx_};
  changed_.wait(guard, [this] { return !busy_; });
  busy_ = true;
  return rounds_;
}

void blocking_home::leave(stream_core& stream) {
  for (;;) {
    {
      std::lock_guard guard{mtx_};
      if (!std::exchange(again_, false)) {
        busy_ = false;
        break;
      }
      ++rounds_;
    }
    stream.run();
  }
  changed_.notify_all();
}

void blocking_home::wait(uint64_t seen) {
  std::unique_lock guard{mtx_};
  changed_.wait(guard, [&] { return rounds_ > seen && !busy_; });
}

// -- the stream ----------------------------------------------------------------------

namespace {

class blocking_impl final : public blocking_core {
public:
  blocking_impl(stream_ptr stream, std::shared_ptr<blocking_home> home)
    : stream_(std::move(stream)),
      home_(std::move(home)) {
    // nop
  }

  bool read(google::protobuf::Message& into) override {
    auto state = read_state::waiting;
    until([&] {
      state = stream_->take(into);
      return state != read_state::waiting;
    });
    return state == read_state::message;
  }

  bool write(const google::protobuf::Message& message) override {
    auto tried = false;
    auto sent = false;
    until([&] {
      if (!std::exchange(tried, true))
        sent = stream_->write(message);
      return !sent || stream_->writable() || !stream_->open();
    });
    return sent;
  }

  void end() override {
    once([this] { stream_->end(); });
  }

  void cancel() override {
    once([this] { stream_->cancel(); });
  }

  error failure() override {
    error result;
    once([&] { result = stream_->failure(); });
    return result;
  }

  bool compressed() override {
    bool result = false;
    once([&] { result = stream_->compressed(); });
    return result;
  }

  metadata headers() override {
    metadata result;
    once([&] { result = stream_->headers(); });
    return result;
  }

  metadata trailers() override {
    metadata result;
    once([&] { result = stream_->trailers(); });
    return result;
  }

  expected<void> finish() override {
    once([this] {
      stream_->end();
      core().skip_messages();
    });
    until([this] { return core().input_over(); });
    if (auto why = failure())
      return why;
    return {};
  }

private:
  stream_core& core() {
    return static_cast<stream_core&>(*stream_);
  }

  template <class F>
  void once(F what) {
    home_->enter();
    what();
    home_->leave(core());
  }

  // Tries until it says that it is done, each time the stream was run.
  template <class F>
  void until(F done) {
    for (auto finished = false; !finished;) {
      auto seen = home_->enter();
      finished = done();
      home_->leave(core());
      if (!finished)
        home_->wait(seen);
    }
  }

  const stream_ptr stream_;
  const std::shared_ptr<blocking_home> home_;
};

} // namespace

blocking_ptr make_blocking(stream_ptr stream, std::shared_ptr<blocking_home> home) {
  return std::make_shared<blocking_impl>(std::move(stream), std::move(home));
}

} // namespace mica::detail
