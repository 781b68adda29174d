#include "io/lane_inbox.hpp"

#include "io/lane_connection.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace mica::net {

namespace {

// What is pushed is known to be one.
lane_connection& connection_of(const caf::actor& x) {
  return static_cast<lane_connection&>(*caf::actor_cast<caf::abstract_actor*>(x));
}

} // namespace

lane_inbox::lane_inbox(caf::io::network::multiplexer& lane) : lane_(lane) {
  // nop
}

lane_inbox::~lane_inbox() {
  for (auto* i = take_all(); i != nullptr;)
    delete std::exchange(i, i->next);
}

void lane_inbox::push(const caf::actor& to, uint64_t stream, stream_command&& what) {
  auto* added = new entry{nullptr, to, stream, std::move(what)};
  auto* before = newest_.load(std::memory_order_relaxed);
  do
    added->next = before;
  while (!newest_.compare_exchange_weak(before, added, std::memory_order_release,
                                        std::memory_order_relaxed));
  if (before == nullptr)
    lane_.post([self = shared_from_this()] { self->deliver(); });
}

lane_inbox::entry* lane_inbox::take_all() {
  auto* from = newest_.exchange(nullptr, std::memory_order_acquire);
  entry* oldest = nullptr;
  while (from != nullptr) {
    auto* next = std::exchange(from->next, oldest);
    oldest = std::exchange(from, next);
  }
  return oldest;
}

void lane_inbox::deliver() {
  auto* oldest = take_all();
  // Apply all, then settle: a connection that occurs twice writes once.
  for (auto* i = oldest; i != nullptr; i = i->next)
    connection_of(i->to).apply(i->stream, std::move(i->what));
  while (oldest != nullptr) {
    connection_of(oldest->to).settle();
    delete std::exchange(oldest, oldest->next);
  }
}

} // namespace mica::net
