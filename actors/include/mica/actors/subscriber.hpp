// Subscribing: the objects and functions that take events.

#pragma once

#include "mica/actors/event.hpp"
#include "mica/actors/handler.hpp"
#include "mica/codecs/expected.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace mica {

class event_context;

namespace detail {
class pending_event;
const std::shared_ptr<pending_event>& event_of(event_context& from);
} // namespace detail

/// The way to settle an event later, from any thread: `event_context::defer`. Copies
/// share one event; the first verdict wins. When the last copy goes without one, that
/// is a nack.
class settlement {
public:
  explicit settlement(std::shared_ptr<detail::pending_event> what);

  void ack() const;

  /// Not handled: it comes again after a back-off, until
  /// `subscribe_options::deliveries` are used up; then it goes to the dead-letter
  /// topic.
  void nack(error why) const;

private:
  std::shared_ptr<detail::pending_event> event_;
};

/// What a subscriber knows of the event it handles. Valid until its handler returns.
class event_context {
public:
  explicit event_context(std::shared_ptr<detail::pending_event> what);
  ~event_context();
  event_context(const event_context&) = delete;
  event_context& operator=(const event_context&) = delete;

  std::string_view topic() const;
  const metadata& headers() const;
  std::string_view content_type() const;
  /// As it came.
  std::string_view body() const;
  /// 1 for the first delivery to this subscriber.
  uint32_t attempt() const;
  /// Delivered before, as far as the broker knows, perhaps to another process.
  bool redelivered() const;
  /// The subscribing service's own name.
  std::string_view service() const;

  /// Takes the verdict out of the handler's hands: what it returns counts no more,
  /// unless it throws.
  settlement defer();

  /// Runs `then` when this delivery has been settled: none for an ack. For wrappers
  /// that count or time.
  void on_done(std::function<void(const error&)> then);

private:
  friend const std::shared_ptr<detail::pending_event>&
  detail::event_of(event_context& from);

  std::shared_ptr<detail::pending_event> event_;
};

/// One step of a delivery. An error is a nack, and so is an exception.
using subscriber_function =
    std::function<expected<void>(event_context&, const google::protobuf::Message&)>;

/// Wraps the next step; the first one listed is outermost, as in Go Micro. Subscribers
/// of `raw_event` get an empty message.
using subscriber_wrapper = std::function<subscriber_function(subscriber_function next)>;

/// How a topic is subscribed to.
struct subscribe_options {
  /// One of the subscribers of a queue gets each event. Empty: every subscriber gets
  /// every event (broadcast).
  std::string queue = {};
  mica::placement placement = worker;
  /// Events that are at this subscriber at once, in its mailbox, in its hands or in
  /// back-off; the broker keeps the rest.
  size_t prefetch = 256;
  /// Times that an event is delivered at most before it is set aside.
  uint32_t deliveries = 5;
  /// Time until the second delivery; doubles each time, up to `max_backoff`.
  std::chrono::milliseconds backoff{100};
  std::chrono::milliseconds max_backoff{10'000};
  /// Where events go that no delivery could handle, and such as can't be decoded (at
  /// once). Empty: they are logged and dropped.
  std::string dead_letter = {};
};

/// The base of all subscribers. Lives inside one actor: no two events at once.
class event_handler {
public:
  virtual ~event_handler();

  /// The message that `take` wants, empty; null for raw bytes.
  virtual std::unique_ptr<google::protobuf::Message> make_message() const = 0;

  virtual expected<void> take(event_context& context,
                              const google::protobuf::Message& message) = 0;
};

/// The base of a subscriber's object: `struct audit : mica::subscriber<Event>`. The
/// content type of each event decides its codec. `raw_event` takes bytes as they are.
///
/// One that throws is replaced by a new one, made as the first one was; its event is
/// nacked.
template <class Message>
class subscriber : public event_handler {
public:
  using message_type = Message;

  virtual expected<void> on_event(event_context& context, const Message& event) = 0;

  std::unique_ptr<google::protobuf::Message> make_message() const final {
    if constexpr (std::is_same_v<Message, raw_event>)
      return nullptr;
    else
      return std::make_unique<Message>();
  }

  expected<void> take(event_context& context,
                      const google::protobuf::Message& message) final {
    if constexpr (std::is_same_v<Message, raw_event>)
      return on_event(context, raw_event{});
    else
      return on_event(context, static_cast<const Message&>(message));
  }
};

namespace detail {

/// A plain function as a subscriber.
template <class Event, class F>
class function_subscriber final : public subscriber<Event> {
public:
  explicit function_subscriber(F function) : function_(std::move(function)) {
    // nop
  }

  expected<void> on_event(event_context& context, const Event& event) override {
    using result = std::invoke_result_t<F&, event_context&, const Event&>;
    if constexpr (std::is_void_v<result>) {
      function_(context, event);
      return {};
    } else {
      return function_(context, event);
    }
  }

private:
  F function_;
};

} // namespace detail

} // namespace mica
