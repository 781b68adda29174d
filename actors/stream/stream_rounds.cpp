// How a stream is run: what arrived, then one step after the other, then the output.

#include "stream/stream_core.hpp"

#include <utility>

namespace mica::detail {

namespace {

// A buffer that once held more is not kept by a stream that waits.
constexpr size_t max_kept_bytes = 64 * 1024;

} // namespace

// -- arrivals ------------------------------------------------------------------------

void stream_core::arrive(std::string_view bytes) {
  if (over())
    wire_->taken(bytes.size());
  else if (here())
    run(bytes);
  else
    add_arrival([bytes](arrivals& x) { x.bytes.append(bytes); });
}

void stream_core::arrive_end(metadata&& trailers) {
  arrive_with([&trailers](arrivals& x) { x.trailers = std::move(trailers); });
}

void stream_core::arrive_failure(const error& why) {
  arrive_with([&why](arrivals& x) { x.failure = why; });
}

void stream_core::arrive_written(size_t bytes) {
  written_ += bytes;
  if (full_ && below_half())
    add_arrival([](arrivals&) {});
}

void stream_core::take_arrivals() {
  arrivals x;
  {
    std::lock_guard guard{mtx_};
    woken_ = false;
    if (rest_.empty()) {
      buffer_.clear();
      buffer_.swap(arrivals_.bytes);
      rest_ = buffer_;
    } else if (!arrivals_.bytes.empty()) {
      add_input(arrivals_.bytes);
      arrivals_.bytes.clear();
    }
    x.head.swap(arrivals_.head);
    x.trailers.swap(arrivals_.trailers);
    x.failure.swap(arrivals_.failure);
    x.visitors.swap(arrivals_.visitors);
    x.dropped = std::exchange(arrivals_.dropped, false);
  }
  for (auto& f : x.visitors)
    guarded([&f] { f(); });
  if (x.head)
    take_head(std::move(*x.head));
  if (x.trailers) {
    end_arrived_ = true;
    trailers_ = std::move(*x.trailers);
  }
  if (x.failure)
    take_failure(std::move(*x.failure));
  if (x.dropped && !over())
    on_dropped();
}

void stream_core::add_input(std::string_view incoming) {
  if (rest_.empty()) {
    rest_ = incoming;
    return;
  }
  // What is left is in the buffer: to its front, so that both are in one piece.
  buffer_.erase(0, buffer_.size() - rest_.size());
  buffer_.append(incoming);
  rest_ = buffer_;
}

void stream_core::keep_input() {
  if (rest_.empty()) {
    if (buffer_.capacity() > max_kept_bytes)
      buffer_ = {};
    return;
  }
  if (rest_.data() < buffer_.data()
      || rest_.data() >= buffer_.data() + buffer_.size()) {
    buffer_.assign(rest_);
    rest_ = buffer_;
  }
}

// -- rounds --------------------------------------------------------------------------

void stream_core::run() {
  if (!running_ && ready())
    run({});
}

void stream_core::run(std::string_view incoming) {
  // The user's code may let go of everything that holds this.
  auto self = shared_from_this();
  running_ = true;
  if (woken_)
    take_arrivals();
  if (!incoming.empty())
    add_input(incoming);
  if (discard_)
    discard_input();
  while (step())
    ; // nop
  keep_input();
  flush_output();
  tell_taken(consume_bytes_);
  running_ = false;
  settle();
}

bool stream_core::step() {
  return prepare() && (step_output() || step_input() || step_end());
}

bool stream_core::step_input() {
  if (reader_.resume != nullptr) {
    auto state = receive(*reader_into_);
    if (state == read_state::waiting)
      return false;
    *reader_state_ = state;
    resume(std::exchange(reader_, {}));
    return true;
  }
  if (input_over_)
    return false;
  if (skip_)
    skip_input();
  if (on_message_ && may_deliver()) {
    auto f = on_message_;
    auto state = receive(*f->storage);
    if (state == read_state::message)
      guarded([&f] { f->take(*f->storage); });
    return state != read_state::waiting;
  }
  // Nobody reads, and there is nothing to read: the end can be told.
  if (end_arrived_ && rest_.empty() && ends_with_input()) {
    end_input(wire_->read_end(trailers_));
    return true;
  }
  return false;
}

void stream_core::skip_input() {
  owed_ += rest_.size();
  std::string_view message;
  while (wire_->next(rest_, message))
    ++messages_read_;
  rest_ = {};
}

bool stream_core::step_output() {
  if (full_ && below_half()) {
    full_ = false;
    if (on_writable_ && output_open_) {
      auto f = on_writable_;
      guarded([&f] { (*f)(); });
    }
    return true;
  }
  if (writer_.resume != nullptr && (!full_ || !output_open_)) {
    resume(std::exchange(writer_, {}));
    return true;
  }
  return false;
}

bool stream_core::step_end() {
  if (!input_over_ || end_told_ || !on_end_)
    return false;
  end_told_ = true;
  auto f = std::exchange(on_end_, nullptr);
  guarded([this, &f] { f(failure_); });
  return true;
}

void stream_core::resume(waiter who) noexcept {
  guarded([who] { who.resume(who.about); });
}

void stream_core::settle() {
  if (!complete())
    return;
  over_ = true;
  drop_callbacks();
  settled();
}

} // namespace mica::detail
