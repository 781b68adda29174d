// The one implementation behind every stream: what arrives on the I/O lane, what the
// user's code does with it at home.

#pragma once

#include "mica/actors/stream.hpp"
#include "stream/message_steps.hpp"
#include "stream/stream_home.hpp"
#include "stream/stream_wire.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// Bounds of one stream; the first two are those of its connection.
struct stream_bounds {
  /// `http2_limits::stream_output_bytes`.
  size_t output_bytes = 64 * 1024;
  /// `http2_limits::stream_window_bytes`.
  size_t window_bytes = 256 * 1024;
  stream_limits limits = {};
};

/// One stream. Bytes come in on the I/O lane (`arrive...`), everything else happens at
/// the home. If that is the lane itself, bytes are served where they lie; else they are
/// collected, and one wake-up takes the home to all that has come meanwhile. They stay
/// bytes until the user's code asks for a message: the window bounds them, whatever the
/// size of the messages.
class stream_core : public any_stream,
                    public std::enable_shared_from_this<stream_core> {
public:
  stream_core(std::unique_ptr<stream_wire> wire, std::shared_ptr<stream_home> home,
              const stream_bounds& bounds);
  ~stream_core() override;
  stream_core(const stream_core&) = delete;
  stream_core& operator=(const stream_core&) = delete;

  /// What users hold: `drop` is called when the last copy goes.
  stream_ptr make_handle();

  /// Nobody holds the stream any more. Any thread.
  void drop();

  /// Every message passes these steps. Before the stream is used. @param steps may be
  /// null.
  void wrap(std::unique_ptr<message_steps> steps) {
    steps_ = std::move(steps);
  }

  // -- arrivals, on the I/O lane ---------------------------------------------------

  void arrive(std::string_view bytes);
  void arrive_end(metadata&& trailers);
  void arrive_failure(const error& why);
  /// So many bytes of the output have left. The user's code is not run from within.
  void arrive_written(size_t bytes);

  // -- at home ---------------------------------------------------------------------

  /// Does what is to be done since the last time.
  void run();

  /// Whatever comes is dropped from now on, up to the end.
  void skip_messages();

  /// Nothing more is read; `failure` is final.
  bool input_over() const noexcept {
    return input_over_;
  }

  // -- any_stream ------------------------------------------------------------------

  read_state take(google::protobuf::Message& into) override;
  void await_message(google::protobuf::Message& into, read_state& state,
                     waiter who) override;
  void on_message(std::unique_ptr<google::protobuf::Message> storage,
                  std::function<void(google::protobuf::Message&)> take) override;
  bool write(const google::protobuf::Message& message) override;
  bool writable() const override;
  bool open() const override;
  void await_writable(waiter who) override;
  void forget(void* about) noexcept override;
  void on_writable(std::function<void()> then) override;
  void on_end(std::function<void(const error&)> then) override;
  error failure() const override;
  bool compressed() const override;
  const metadata& headers() const override;
  const metadata& trailers() const override;
  void at_home(std::function<void()> run) override;

protected:
  /// What came in and was not looked at yet.
  struct arrivals {
    std::string bytes;
    std::optional<http_response> head;
    std::optional<metadata> trailers;
    std::optional<error> failure;
    std::vector<std::function<void()>> visitors;
    bool dropped = false;
  };

  /// Adds to what arrived and wakes the home, unless it was woken already. Any thread.
  template <class F>
  void add_arrival(F f) {
    {
      std::lock_guard guard{mtx_};
      f(arrivals_);
      if (woken_.exchange(true))
        return;
    }
    home_->wake(shared_from_this());
  }

  /// The same on the I/O lane: if that is the home, `f` is served on the spot.
  template <class F>
  void arrive_with(F f) {
    if (!here())
      return add_arrival(std::move(f));
    {
      std::lock_guard guard{mtx_};
      f(arrivals_);
      woken_ = true;
    }
    run({});
  }

  /// Runs the home again soon, unless it is running.
  void changed();

  /// Calls the user's code.
  template <class F>
  void guarded(F f) noexcept {
    try {
      f();
    } catch (...) {
      user_threw(std::current_exception());
    }
  }

  /// Takes a message while the stream is served, past the wrappers; `step` calls it
  /// through `prepare`.
  read_state next(google::protobuf::Message& into);

  /// Adds a message to the output, through the wrappers. Fails if it can't be sent.
  expected<void> put(const google::protobuf::Message& message);

  /// Hands the output over, if it can be.
  virtual void flush_output();

  /// Nothing is read any more: what comes is dropped.
  void discard_input();

  /// Nothing more is read, for this reason.
  void lost_input(error why);

  /// The stream is dead: nothing more is read, nothing can be sent.
  void lost(error why);

  /// Writing is over; what waits is still sent.
  void close_output() noexcept {
    output_open_ = false;
  }

  /// Empties the output without sending it.
  void drop_output();

  /// `all` is the output from the beginning; none of it has been sent.
  void restart_output(std::string&& all);

  bool output_open() const noexcept {
    return output_open_;
  }

  /// Speaks by another wire from now on.
  void change_wire(std::unique_ptr<stream_wire> other) {
    wire_ = std::move(other);
  }

  stream_wire& wire() noexcept {
    return *wire_;
  }

  const stream_bounds& bounds() const noexcept {
    return bounds_;
  }

  size_t messages_read() const noexcept {
    return messages_read_;
  }

  bool running() const noexcept {
    return running_;
  }

  /// Nothing that the user's code does has any effect any more. Any thread.
  bool over() const noexcept {
    return over_;
  }

  /// Tells other threads early what the end of the round would.
  void mark_over() noexcept {
    over_ = over_ || complete();
  }

  /// Forgets the user's callbacks and all that they hold.
  void drop_callbacks() noexcept;

  // -- what server and client do differently -----------------------------------------

  /// May it be run at all? What comes before waits.
  virtual bool ready() const {
    return true;
  }

  /// Something that must happen before the user's code reads; false: not yet.
  virtual bool prepare() {
    return true;
  }

  /// May `on_message` be called now?
  virtual bool may_deliver() const {
    return true;
  }

  /// Does the end of the input matter, if nobody reads?
  virtual bool ends_with_input() const {
    return true;
  }

  /// A response's fields.
  virtual void take_head(http_response&& head);

  /// The connection's side failed: either `lost`, or it is tried again.
  virtual void take_failure(error&& why) {
    lost(std::move(why));
  }

  /// The input can't be read: the peer is told.
  virtual void input_broken(error why) = 0;

  /// The input ended regularly; `why` is what `stream_wire::read_end` made of it.
  virtual void input_ended(error&& why) = 0;

  /// The last handle is gone.
  virtual void on_dropped() = 0;

  /// An exception left the user's code.
  virtual void user_threw(std::exception_ptr what) noexcept = 0;

  /// Is all over that the user's code could see or do?
  virtual bool complete() const = 0;

  /// `complete`, and no user's code is on its way: what is held can go.
  virtual void settled() {
    // nop
  }

  std::string out_;
  error failure_;
  metadata headers_;
  metadata trailers_;

private:
  struct message_taker {
    std::unique_ptr<google::protobuf::Message> storage;
    std::function<void(google::protobuf::Message&)> take;
  };

  /// On the I/O lane: may the stream be run now?
  bool here() const noexcept {
    return on_lane_ && !running_;
  }

  void run(std::string_view incoming);
  void take_arrivals();
  void add_input(std::string_view incoming);
  void keep_input();
  bool step();
  bool step_input();
  void skip_input();
  bool step_output();
  bool step_end();
  void settle();
  void account(size_t bytes);
  void tell_taken(size_t from);
  bool below_half() const noexcept;
  void resume(waiter who) noexcept;
  void end_input(error&& why);
  read_state receive(google::protobuf::Message& into);

  std::unique_ptr<stream_wire> wire_;
  /// Null without wrappers.
  std::unique_ptr<message_steps> steps_;
  const stream_bounds bounds_;
  const size_t consume_bytes_;

  // Any thread.
  std::mutex mtx_;
  arrivals arrivals_;
  std::atomic<bool> woken_{false};
  const std::shared_ptr<stream_home> home_;
  const bool on_lane_;
  std::atomic<bool> over_{false};
  /// Bytes written by the user's code, and of those, bytes that have left.
  std::atomic<uint64_t> produced_{0};
  std::atomic<uint64_t> written_{0};
  /// The output has reached its bound and not fallen below half of it yet.
  std::atomic<bool> full_{false};

  // At home.
  bool running_ = false;
  bool output_open_ = true;
  bool input_over_ = false;
  bool end_arrived_ = false;
  bool end_told_ = false;
  bool discard_ = false;
  bool skip_ = false;
  size_t messages_read_ = 0;
  /// Bytes taken that the peer was not told of yet.
  size_t owed_ = 0;
  /// Input that was not looked at: in `buffer_`, or in what is arriving.
  std::string_view rest_;
  std::string buffer_;
  waiter reader_;
  google::protobuf::Message* reader_into_ = nullptr;
  read_state* reader_state_ = nullptr;
  waiter writer_;
  // Shared, because a callback may replace itself.
  std::shared_ptr<message_taker> on_message_;
  std::shared_ptr<std::function<void()>> on_writable_;
  std::function<void(const error&)> on_end_;
};

} // namespace mica::detail
