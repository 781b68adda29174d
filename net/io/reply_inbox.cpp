#include "io/reply_inbox.hpp"

#include "io/server_connection.hpp"

#include <utility>
#include <vector>

namespace mica::net {

reply_inbox::reply_inbox(caf::io::network::multiplexer& lane) : lane_(lane) {
  // nop
}

reply_inbox::~reply_inbox() {
  for (auto* i = take_all(); i != nullptr;)
    delete std::exchange(i, i->next);
}

void reply_inbox::push(const reply_address& to, http_response&& response) {
  auto* added = new entry{nullptr, to, std::move(response)};
  auto* before = newest_.load(std::memory_order_relaxed);
  do
    added->next = before;
  while (!newest_.compare_exchange_weak(before, added, std::memory_order_release,
                                        std::memory_order_relaxed));
  if (before == nullptr)
    lane_.post([self = shared_from_this()] { self->deliver(); });
}

reply_inbox::entry* reply_inbox::take_all() {
  auto* from = newest_.exchange(nullptr, std::memory_order_acquire);
  entry* oldest = nullptr;
  while (from != nullptr) {
    auto* next = std::exchange(from->next, oldest);
    oldest = std::exchange(from, next);
  }
  return oldest;
}

void reply_inbox::deliver() {
  auto* oldest = take_all();
  // Answer all, then write: a connection that occurs twice writes once.
  for (auto* i = oldest; i != nullptr; i = i->next)
    server_connection::of(i->to.connection)
        ->respond(i->to.sequence, std::move(i->response));
  while (oldest != nullptr) {
    server_connection::of(oldest->to.connection)->settle();
    delete std::exchange(oldest, oldest->next);
  }
}

} // namespace mica::net
