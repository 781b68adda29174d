// The handler behind talk.proto.

#pragma once

#include "talk.mica.hpp"

#include "mica/actors/from_actor.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/service.hpp"
#include "mica/actors/stream_actor.hpp"
#include "mica/discovery/registries.hpp"
#include "runtime/runtime.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

namespace mica::test::talk {

inline Line line(std::string text) {
  Line result;
  result.set_text(std::move(text));
  return result;
}

inline Number number(int64_t value) {
  Number result;
  result.set_value(value);
  return result;
}

struct probe {
  std::atomic<int> living{0};
  std::atomic<int> cancelled{0};
  std::atomic<int64_t> written{0};
  /// The reason that a handler's stream had at its end.
  std::promise<error> ended;
};

class counted {
public:
  explicit counted(std::shared_ptr<probe> of) : of_(std::move(of)) {
    ++of_->living;
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() {
    --of_->living;
  }

private:
  std::shared_ptr<probe> of_;
};

class talker : public talk_service {
public:
  talker(std::shared_ptr<probe> watch, service* via) : probe_(watch), via_(via) {
    // nop
  }

  task chat(context&, stream<Line, Line> peer) override {
    counted here{probe_};
    Line heard;
    while (co_await peer.read(heard))
      if (!co_await peer.write(heard))
        co_return;
  }

  task discuss(context&, stream<Line, Line> peer) override {
    peer.on_message([peer](const Line& x) { peer.write(x); });
    peer.on_end([peer](const error&) { peer.end(); });
    return {};
  }

  task count(context&, Number request, stream<void, Number> peer) override {
    for (int64_t i = 1; i <= request.value(); ++i)
      if (!co_await peer.write(number(i)))
        co_return;
  }

  task sum(context&, stream<Number, Number> peer) override {
    int64_t total = 0;
    while (auto next = co_await peer.read())
      total += next->value();
    co_await peer.write(number(total));
  }

  task flood(context& call, Line, stream<void, Line> peer) override {
    counted here{probe_};
    call.on_cancel([watch = probe_] { ++watch->cancelled; });
    auto kilobyte = line(std::string(1024, 'x'));
    while (co_await peer.write(kilobyte))
      ++probe_->written;
  }

  task ignore(context& call, stream<Line, Line> peer) override {
    counted here{probe_};
    call.on_cancel([watch = probe_] { ++watch->cancelled; });
    peer.on_end([watch = probe_](const error& why) { watch->ended.set_value(why); });
    kept_.push_back(peer);
    return {};
  }

  task relay(context& call, stream<Line, Line> peer) override {
    talk_client client{*via_, std::string{call.headers().get_or("talk-to", "")}};
    auto other = client.chat(call);
    while (auto heard = co_await peer.read()) {
      other.write(*heard);
      auto echo = co_await other.read();
      if (!echo) {
        peer.fail(other.failure());
        co_return;
      }
      co_await peer.write(*echo);
    }
    other.end();
    if (co_await other.read())
      peer.fail({errc::internal, "more than was asked for"});
    else if (auto why = other.failure())
      peer.fail(why);
  }

  task fail(context& call, stream<Line, Line> peer) override {
    auto heard = co_await peer.read();
    if (call.headers().contains("throw"))
      throw std::runtime_error(heard->text());
    co_await peer.write(line("before"));
    peer.fail(error{errc::not_found, heard->text()});
  }

  task act(context&, stream<Line, Line> peer) override {
    auto user = system_of(*via_).spawn([](caf::event_based_actor* self) {
      auto to = std::make_shared<caf::actor>();
      return caf::behavior{
          [to](caf::actor& stream) {
            *to = std::move(stream);
            caf::anon_send(*to, stream_demand{1});
          },
          [self, to](stream_message<Line>& x) {
            self->request(*to, caf::infinite, stream_write<Line>{std::move(x.message)})
                .then([to](bool) { caf::anon_send(*to, stream_demand{1}); },
                      [self](const caf::error&) { self->quit(); });
          },
          [self, to](const stream_end&) {
            caf::anon_send(*to, stream_finish{});
            self->quit();
          },
      };
    });
    caf::anon_send(user, to_actor(peer, user));
    return {};
  }

  reply<Line> plain(context&, const Line& request) override {
    return request;
  }

private:
  std::shared_ptr<probe> probe_;
  service* via_;
  std::vector<stream<Line, Line>> kept_;
};

/// A service "talk" and one that calls it, over real sockets on loopback.
class talk_fixture {
public:
  talk_fixture() : registry_(discovery::spawn_memory_registry(home_.system())) {
    caller = std::make_unique<service>("caller", options());
  }

  ~talk_fixture() {
    client.reset();
    caller.reset();
    server.reset();
    caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
  }

  service_options options() {
    service_options result;
    result.address = "127.0.0.1:0";
    result.registry = std::make_shared<registry_source>(
        "memory", [this](caf::actor_system&) { return registry_; }, false);
    return result;
  }

  void serve(placement where) {
    if (server)
      server->stop();
    watch = std::make_shared<probe>();
    server = std::make_unique<service>("talk", options());
    server->handle<talker>({.placement = where}, watch, server.get());
    if (auto ok = server->start(); !ok)
      throw std::runtime_error(to_string(ok.error()));
    client.emplace(*caller, "talk");
    // To the new one, whatever the registry says yet.
    to.address = server->address();
  }

private:
  mica::detail::runtime home_{1};
  discovery::registry_actor registry_;

public:
  std::shared_ptr<probe> watch;
  std::unique_ptr<service> server;
  std::unique_ptr<service> caller;
  std::optional<talk_client> client;
  call_options to;
};

} // namespace mica::test::talk
