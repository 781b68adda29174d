#include "stream/stream_core.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mica::detail {

namespace {

// Behind the copies of a handle: the last one to go drops the stream.
struct last_handle {
  explicit last_handle(std::shared_ptr<stream_core> which) : stream(std::move(which)) {
    // nop
  }
  last_handle(const last_handle&) = delete;
  last_handle& operator=(const last_handle&) = delete;
  ~last_handle() {
    stream->drop();
  }

  std::shared_ptr<stream_core> stream;
};

} // namespace

stream_core::stream_core(std::unique_ptr<stream_wire> wire,
                         std::shared_ptr<stream_home> home, const stream_bounds& bounds)
  : wire_(std::move(wire)),
    bounds_(bounds),
    consume_bytes_(std::min(bounds.limits.consume_bytes, bounds.window_bytes / 4)),
    home_(std::move(home)),
    on_lane_(home_->on_lane()) {
  // nop
}

stream_core::~stream_core() {
  // nop
}

stream_ptr stream_core::make_handle() {
  auto guard = std::make_shared<last_handle>(shared_from_this());
  auto* stream = guard->stream.get();
  return {std::move(guard), stream};
}

void stream_core::drop() {
  if (!over())
    add_arrival([](arrivals& x) { x.dropped = true; });
}

void stream_core::at_home(std::function<void()> run) {
  add_arrival([&run](arrivals& x) { x.visitors.push_back(std::move(run)); });
}

void stream_core::changed() {
  if (!running_)
    add_arrival([](arrivals&) {});
}

// -- reading -----------------------------------------------------------------------

read_state stream_core::take(google::protobuf::Message& into) {
  auto state = receive(into);
  if (!running_)
    tell_taken(consume_bytes_);
  return state;
}

read_state stream_core::receive(google::protobuf::Message& into) {
  auto state = next(into);
  while (steps_ && state == read_state::message) {
    auto passed = steps_->receive(into);
    if (!passed) {
      input_broken(std::move(passed.error()));
      return read_state::over;
    }
    if (*passed)
      return state;
    state = next(into);
  }
  return state;
}

read_state stream_core::next(google::protobuf::Message& into) {
  if (input_over_)
    return read_state::over;
  auto before = rest_.size();
  std::string_view message;
  auto found = wire_->next(rest_, message);
  owed_ += before - rest_.size();
  if (found) {
    ++messages_read_;
    auto ok = wire_->decode(message, into);
    if (wire_->was_last()) {
      end_arrived_ = true;
      changed();
    }
    if (ok)
      return read_state::message;
    input_broken(std::move(ok.error()));
    return read_state::over;
  }
  if (wire_->failure()) {
    input_broken(wire_->failure());
    return read_state::over;
  }
  if (!end_arrived_)
    return read_state::waiting;
  end_input(wire_->read_end(trailers_));
  return read_state::over;
}

void stream_core::end_input(error&& why) {
  input_over_ = true;
  input_ended(std::move(why));
}

void stream_core::await_message(google::protobuf::Message& into, read_state& state,
                                waiter who) {
  if (reader_.resume != nullptr || on_message_)
    throw std::logic_error("mica::stream: this stream has a reader already");
  reader_ = who;
  reader_into_ = &into;
  reader_state_ = &state;
}

void stream_core::on_message(std::unique_ptr<google::protobuf::Message> storage,
                             std::function<void(google::protobuf::Message&)> take) {
  if (reader_.resume != nullptr)
    throw std::logic_error("mica::stream: this stream has a reader already");
  on_message_ = std::make_shared<message_taker>(
      message_taker{std::move(storage), std::move(take)});
  changed();
}

void stream_core::skip_messages() {
  skip_ = true;
  changed();
}

void stream_core::discard_input() {
  discard_ = true;
  owed_ += rest_.size();
  rest_ = {};
}

void stream_core::tell_taken(size_t from) {
  if (owed_ >= from && owed_ > 0)
    wire_->taken(std::exchange(owed_, 0));
}

// -- writing -----------------------------------------------------------------------

bool stream_core::write(const google::protobuf::Message& message) {
  if (!output_open_)
    return false;
  auto ok = put(message);
  if (!ok) {
    fail(std::move(ok.error()));
    return false;
  }
  if (!running_ || out_.size() >= bounds_.limits.collect_bytes)
    flush_output();
  return true;
}

expected<void> stream_core::put(const google::protobuf::Message& message) {
  auto before = out_.size();
  auto ok = steps_ ? steps_->send(message, *wire_, out_) : wire_->frame(message, out_);
  if (!ok)
    return ok;
  auto waiting =
      produced_.fetch_add(out_.size() - before) + (out_.size() - before) - written_;
  if (waiting >= bounds_.output_bytes)
    full_ = true;
  if (waiting > bounds_.limits.unawaited_output_bytes)
    return error{
        errc::limit_exceeded,
        std::to_string(waiting)
            + " bytes wait to be written (stream_limits::unawaited_output_bytes is "
            + std::to_string(bounds_.limits.unawaited_output_bytes)
            + "); await each write"};
  return {};
}

void stream_core::flush_output() {
  if (!out_.empty())
    wire_->send(std::exchange(out_, {}));
}

void stream_core::drop_output() {
  out_.clear();
  output_open_ = false;
}

void stream_core::restart_output(std::string&& all) {
  out_ = std::move(all);
  produced_ = out_.size();
  written_ = 0;
  full_ = out_.size() >= bounds_.output_bytes;
}

bool stream_core::below_half() const noexcept {
  return produced_ - written_ < bounds_.output_bytes / 2;
}

bool stream_core::open() const {
  return output_open_;
}

bool stream_core::writable() const {
  return output_open_ && (!full_ || below_half());
}

void stream_core::await_writable(waiter who) {
  if (writer_.resume != nullptr)
    throw std::logic_error("mica::stream: this stream has a writer already");
  writer_ = who;
  // It may have been full and drained between the question and now.
  if (writable() || !output_open_)
    changed();
}

void stream_core::on_writable(std::function<void()> then) {
  on_writable_ = std::make_shared<std::function<void()>>(std::move(then));
}

// -- the end -----------------------------------------------------------------------

void stream_core::on_end(std::function<void(const error&)> then) {
  on_end_ = std::move(then);
  changed();
}

void stream_core::forget(void* about) noexcept {
  if (reader_.about == about)
    reader_ = {};
  if (writer_.about == about)
    writer_ = {};
}

error stream_core::failure() const {
  return failure_;
}

const metadata& stream_core::headers() const {
  return headers_;
}

bool stream_core::compressed() const {
  return wire_->compressed();
}

const metadata& stream_core::trailers() const {
  return trailers_;
}

void stream_core::take_head(http_response&&) {
  // nop
}

void stream_core::lost_input(error why) {
  discard_input();
  input_over_ = true;
  if (!failure_)
    failure_ = std::move(why);
}

void stream_core::lost(error why) {
  drop_output();
  lost_input(std::move(why));
  changed();
}

void stream_core::drop_callbacks() noexcept {
  // What they hold may be the last to hold this stream's handles: out of reach first.
  auto message = std::exchange(on_message_, nullptr);
  auto writable = std::exchange(on_writable_, nullptr);
  auto end = std::exchange(on_end_, nullptr);
}

} // namespace mica::detail
