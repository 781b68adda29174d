#include "broker/memory/memory_outlet.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::broker::memory {

memory_outlet::memory_outlet(std::shared_ptr<topic_bus> bus_,
                             std::function<time_point()> now_)
  : bus(std::move(bus_)),
    now(std::move(now_)) {
  // nop
}

void memory_outlet::publish(event_ptr what, publish_done done) {
  auto taken = connected.load()
                   ? bus->publish(what, [&] { return terms_of(done); })
                   : error{errc::unavailable,
                           "the memory broker is not connected: start the service, or "
                           "do not publish while it stops",
                           "mica.broker.memory"};
  if (taken && *taken)
    return wake();
  if (done)
    return done(taken ? expected<void>{} : std::move(taken.error()));
  if (!taken) {
    book->lost.fetch_add(1);
    wake();
  }
}

topic_bus::wait_terms memory_outlet::terms_of(publish_done& done) {
  book->waiting.fetch_add(1);
  auto then = [to = book, done = std::move(done)](expected<void> x) {
    if (!x)
      (done ? to->failed : to->lost).fetch_add(1);
    if (done)
      done(std::move(x));
    to->waiting.fetch_sub(1);
  };
  return {now() + bus->limits().publish_wait, std::move(then)};
}

void memory_outlet::wake() {
  if (armed.exchange(true))
    return;
  if (auto to = actor.lock())
    caf::anon_send(caf::actor_cast<caf::actor>(to), tick_atom::value);
}

} // namespace mica::broker::memory
