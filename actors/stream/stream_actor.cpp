#include "mica/actors/stream_actor.hpp"

#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>

#include <deque>
#include <utility>

namespace mica::detail {

namespace {

/// Message from the home: the oldest write has room behind it, or the stream is over.
struct written {
  bool ok;
};

/// Message from the home: there is nothing more to read.
struct home_ended {
  error why;
  /// It can still be written to.
  bool open;
};

// Waits at home until a write has room behind it.
class room {
public:
  room(any_stream& stream, caf::actor to, bool ok)
    : stream_(stream),
      to_(std::move(to)),
      ok_(ok) {
    // nop
  }

  static void wait(any_stream& stream, caf::actor to, bool ok) {
    auto self = std::make_unique<room>(stream, std::move(to), ok);
    if (!ok || stream.writable() || !stream.open())
      return self->tell();
    stream.await_writable({[](void* about) {
                             std::unique_ptr<room> mine{static_cast<room*>(about)};
                             mine->tell();
                           },
                           self.get()});
    static_cast<void>(self.release());
  }

private:
  void tell() {
    caf::anon_send(to_, written{ok_ && stream_.open()});
  }

  any_stream& stream_;
  caf::actor to_;
  bool ok_;
};

class stream_actor : public net::at_home<caf::event_based_actor> {
public:
  stream_actor(caf::actor_config& cfg, stream_translator what, caf::actor user)
    : at_home(cfg),
      what_(std::move(what)),
      user_(std::move(user)) {
    // nop
  }

  const char* name() const override {
    return "stream";
  }

  void on_exit() override {
    for (auto& x : std::exchange(writes_, {}))
      x.done.deliver(false);
    if (!over_)
      at_stream([](any_stream& x) { x.cancel(); });
    what_ = {};
    demonitor(user_.address());
    user_ = nullptr;
  }

  caf::behavior make_behavior() override {
    net::init_actor(this);
    monitor(user_);
    set_down_handler([this](caf::down_msg&) { quit(); });
    set_default_handler(
        [this](caf::scheduled_actor*, caf::message_view& x) { return take(x); });
    begin();
    return {
        [this](const stream_demand& x) {
          at_stream(
              [credit = what_.credit, n = x.messages](any_stream&) { credit->add(n); });
        },
        [this](const stream_finish&) { after_writes([](any_stream& x) { x.end(); }); },
        [this](const stream_fail& x) {
          after_writes([why = x.why](any_stream& to) { to.fail(why); });
        },
        [this](const written& x) { on_written(x.ok); },
        [this](const home_ended& x) {
          ended_ = true;
          may_end(!x.open);
        },
    };
  }

private:
  struct pending {
    std::function<bool(any_stream&)> write;
    caf::response_promise done;
  };

  void begin() {
    at_stream([self = caf::actor_cast<caf::actor>(this), user = user_,
               credit = what_.credit, feed = what_.feed](any_stream& x) {
      x.on_end([&x, self, user, credit](const error& why) {
        caf::anon_send(user, stream_end{why});
        caf::anon_send(self, home_ended{why, x.open()});
        credit->close();
      });
      if (feed)
        feed();
    });
  }

  template <class F>
  void at_stream(F what) {
    if (what_.peer)
      what_.peer->at_home([peer = what_.peer, what = std::move(what)] { what(*peer); });
  }

  caf::result<caf::message> take(caf::message_view& x) {
    auto content = x.move_content_to_message();
    auto write = what_.read_write ? what_.read_write(content) : nullptr;
    if (!write)
      return caf::sec::unexpected_message;
    if (writes_.size() >= stream_limits{}.actor_writes) {
      at_stream([](any_stream& to) {
        to.fail({errc::limit_exceeded,
                 "an actor sent more than "
                     + std::to_string(stream_limits{}.actor_writes)
                     + " messages without waiting (stream_limits::actor_writes)"});
      });
      return caf::make_message(false);
    }
    writes_.push_back({std::move(write), make_response_promise()});
    if (writes_.size() == 1)
      write_next();
    return caf::delegated<caf::message>{};
  }

  void write_next() {
    at_stream([self = caf::actor_cast<caf::actor>(this),
               write = writes_.front().write](any_stream& to) {
      auto ok = write(to);
      room::wait(to, self, ok);
    });
  }

  void on_written(bool ok) {
    if (writes_.empty())
      return;
    writes_.front().done.deliver(ok);
    writes_.pop_front();
    if (!writes_.empty())
      write_next();
    else if (then_)
      finish(std::exchange(then_, nullptr));
    may_end(!ok);
  }

  // In the order in which the user sent them.
  void after_writes(std::function<void(any_stream&)> what) {
    if (writes_.empty())
      finish(std::move(what));
    else
      then_ = std::move(what);
  }

  void finish(std::function<void(any_stream&)> what) {
    at_stream(std::move(what));
    finished_ = true;
    may_end(false);
  }

  // A server's stream may be written to when the peer is done, and the other way round.
  void may_end(bool closed) {
    over_ = ended_ && (closed || finished_);
    if (over_ && writes_.empty())
      quit();
  }

  stream_translator what_;
  caf::actor user_;
  std::deque<pending> writes_;
  std::function<void(any_stream&)> then_;
  /// There is nothing more to read.
  bool ended_ = false;
  /// There is nothing more to write.
  bool finished_ = false;
  bool over_ = false;
};

} // namespace

caf::actor spawn_stream_actor(stream_translator what, caf::actor user) {
  auto& system = user->home_system();
  return system.spawn<stream_actor>(std::move(what), std::move(user));
}

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::home_ended)
