// Streams for CAF actors: messages in, messages out. Needs CAF.

#pragma once

#include "mica/actors/stream.hpp"
#include "mica/actors/task.hpp"
#include "mica/actors/typed_call.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/send.hpp>

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace mica {

// -- what the user's actor gets ----------------------------------------------------

/// One message of the peer's. Each uses up one of what was demanded.
template <class T>
struct stream_message {
  T message;
};

/// The last of all: as `stream::on_end`.
struct stream_end {
  error why;
};

// -- what it sends to the stream's actor -------------------------------------------

/// May so many more messages come?
struct stream_demand {
  size_t messages = 1;
};

/// Sends a message. As a request it is answered by a bool: true when there is room for
/// the next one, false if the stream is over. (To a plain `send` that bool comes back
/// as a message: use `request` or `anon_send`.)
template <class T>
struct stream_write {
  T message;
};

/// We send no more: `stream::end`.
struct stream_finish {};

/// `stream::fail`.
struct stream_fail {
  error why;
};

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, stream_message<T>& x) {
  return f(caf::meta::type_name("stream_message"), x.message);
}

template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, stream_write<T>& x) {
  return f(caf::meta::type_name("stream_write"), x.message);
}

namespace detail {

/// Messages that the user's actor has asked for. Belongs to the stream's home.
class stream_credit {
public:
  void add(size_t messages) {
    left_ += messages;
    if (left_ > 0)
      resume();
  }

  void close() {
    closed_ = true;
    resume();
  }

  /// `co_await`s one of them: false if nobody wants anything any more.
  auto one() noexcept {
    // Not the credit itself: GCC 12 awaits a copy of an lvalue.
    struct waiter {
      stream_credit* self;

      bool await_ready() const noexcept {
        return self->left_ > 0 || self->closed_;
      }

      void await_suspend(std::coroutine_handle<> frame) const noexcept {
        self->waiting_ = frame;
      }

      bool await_resume() const noexcept {
        return !self->closed_ && self->left_-- > 0;
      }
    };
    return waiter{this};
  }

private:
  void resume() {
    if (waiting_)
      std::exchange(waiting_, {}).resume();
  }

  size_t left_ = 0;
  bool closed_ = false;
  std::coroutine_handle<> waiting_;
};

/// The parts of a stream's actor that know the types.
struct stream_translator {
  stream_ptr peer;
  std::shared_ptr<stream_credit> credit;
  /// Reads and sends messages until the end, at home.
  std::function<void()> feed;
  /// Returns what writes the message in `x`, at home; null if it is none of this type.
  std::function<std::function<bool(any_stream&)>(caf::message& x)> read_write;
};

/// Spawns the actor between a stream and `user`, in the system of `user`.
caf::actor spawn_stream_actor(stream_translator what, caf::actor user);

template <class In, class Out>
task feed(stream<In, Out> peer, std::shared_ptr<stream_credit> credit,
          caf::actor user) {
  while (co_await credit->one()) {
    auto next = co_await peer.read();
    if (!next)
      break;
    caf::anon_send(user, stream_message<In>{std::move(*next)});
  }
}

} // namespace detail

/// Gives a stream to a CAF actor and returns the stream's own actor. `user` gets
/// `stream_message<In>` as it demands them and `stream_end` at last; it sends the
/// messages above to what is returned. If `user` ends before, the stream is cancelled;
/// the stream's actor ends with its stream.
///
/// For any thread; the stream must have no reader and no `on_end` of its own.
///
/// ```
/// mica::task chat(mica::context&, mica::stream<Note, Note> peer) override {
///   auto user = system.spawn(chatter);
///   caf::anon_send(user, mica::to_actor(peer, user));
///   return {};
/// }
/// ```
template <class In, class Out>
caf::actor to_actor(stream<In, Out> peer, caf::actor user) {
  detail::stream_translator what;
  what.peer = peer.core();
  what.credit = std::make_shared<detail::stream_credit>();
  if constexpr (!std::is_void_v<In>)
    what.feed = [peer, credit = what.credit, user] {
      detail::feed(peer, credit, user).detach();
    };
  if constexpr (!std::is_void_v<Out>)
    what.read_write = [](caf::message& x) -> std::function<bool(detail::any_stream&)> {
      if (!x.match_elements<stream_write<Out>>())
        return nullptr;
      auto content = std::make_shared<Out>(
          std::move(x.get_mutable_as<stream_write<Out>>(0).message));
      return [content](detail::any_stream& to) { return to.write(*content); };
    };
  return detail::spawn_stream_actor(std::move(what), std::move(user));
}

} // namespace mica

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::stream_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::stream_demand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::stream_finish)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::stream_fail)
