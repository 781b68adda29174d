// Streams of numbers, one method of each kind. `stream-service --registry=mdns` prints,
// but for times, port and identifier:
//
// 2026/01/31 12:00:00 Listening on [::]:50137
// 2026/01/31 12:00:00 Broker Listening on [::]:50138
// 2026/01/31 12:00:00 Registering node: numbers-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52
// 2026/01/31 12:00:01 Deregistering node: numbers-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52

#include "numbers.mica.hpp"

#include "mica/actors/service.hpp"

#include <memory>

using numbers::Number;

namespace {

Number number(int64_t value) {
  Number result;
  result.set_value(value);
  return result;
}

struct counter : numbers::numbers_service {
  // [count]
  // A coroutine. What it keeps between two messages are its variables; while it waits,
  // the object answers other calls, and never two at once.
  mica::task count(mica::context&, Number request,
                   mica::stream<void, Number> peer) override {
    for (int64_t i = 1; i <= request.value(); ++i)
      // Waits while the caller does not keep up; false once it has left.
      if (!co_await peer.write(number(i)))
        co_return;
  }
  // [count]

  mica::task sum(mica::context&, mica::stream<Number, Number> peer) override {
    int64_t sum = 0;
    while (auto next = co_await peer.read())
      sum += next->value();
    peer.write(number(sum));
  }

  // The same as callbacks, which hold the stream until it ends.
  mica::task follow(mica::context&, mica::stream<Number, Number> peer) override {
    peer.on_message([peer, sum = int64_t{0}](const Number& next) mutable {
      sum += next.value();
      peer.write(number(sum));
    });
    peer.on_end([peer](const mica::error&) { peer.end(); });
    return {};
  }
};

} // namespace

int main(int argc, char** argv) {
  mica::service service{"numbers"};
  service.handle<counter>();
  return service.run(argc, argv);
}
