// The handler behind echo.proto.

#pragma once

#include "echo.mica.hpp"

#include "mica/actors/service.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mica::test {

inline Text text(std::string what) {
  Text result;
  result.set_text(std::move(what));
  return result;
}

/// What a test may watch from outside.
struct echo_probe {
  std::atomic<int> objects{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> kept{0};
  std::atomic<errc> last_failure{errc::none};
};

class echo : public echo_service {
public:
  echo(std::shared_ptr<echo_probe> probe, service* via) : probe_(probe), via_(via) {
    ++probe_->objects;
  }

  ~echo() override {
    ++probe_->destroyed;
  }

  reply<Text> say(context&, const Text& request) override {
    ++count_;
    return request;
  }

  reply<Text> refuse(context&, const Text& request) override {
    return error{400, request.text() + " refused"};
  }

  reply<Text> throw_(context&, const Text& request) override {
    throw std::runtime_error(request.text());
  }

  reply<Text> later(context& call, const Text& request) override {
    auto answer = call.defer<Text>();
    std::thread{[answer, request] { answer(request); }}.detach();
    return answer;
  }

  reply<Text> never(context& call, const Text&) override {
    call.on_cancel([probe = probe_] { ++probe->cancelled; });
    kept_.push_back(call.defer<Text>());
    ++probe_->kept;
    return kept_.back();
  }

  reply<Text> drop(context& call, const Text&) override {
    return call.defer<Text>();
  }

  reply<Text> relay(context& call, const Text& request) override {
    auto answer = call.defer<Text>();
    echo_client{*via_, request.text()}.say(
        call, text("relayed"),
        [answer, thread = std::this_thread::get_id()](expected<Text> x) {
          if (x)
            answer(*x);
          else
            answer(x.error());
        });
    return answer;
  }

  reply<Text> relay_never(context& call, const Text& request) override {
    auto answer = call.defer<Text>();
    echo_client{*via_, request.text()}.never(
        call, text("x"), [answer, probe = probe_](expected<Text> x) {
          if (!x)
            probe->last_failure = x.error().reason;
          if (x)
            answer(*x);
          else
            answer(x.error());
        });
    return answer;
  }

  reply<Text> count(context&, const Text&) override {
    return text(std::to_string(count_));
  }

  reply<Text> field(context& call, const Text& request) override {
    call.reply_headers().set("X-Seen", "yes");
    return text(std::string{call.headers().get_or(request.text(), "none")});
  }

  reply<Text> left(context& call, const Text&) override {
    auto left = call.remaining();
    if (!left)
      return text("none");
    auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*left).count();
    return text(std::to_string(ms));
  }

  reply<Text> block(context&, const Text& request) override {
    auto result = echo_client{*via_, request.text()}.say(text("x"));
    return text(result ? "blocked" : std::string{to_string(result.error().reason)});
  }

private:
  std::shared_ptr<echo_probe> probe_;
  service* via_;
  int count_ = 0;
  std::vector<deferred<Text>> kept_;
};

} // namespace mica::test
