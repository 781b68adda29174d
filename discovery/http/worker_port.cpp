#include "http/worker_port.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::discovery {

worker_port::worker_port(std::unique_ptr<http_worker> worker, caf::weak_actor_ptr owner)
  : worker_(std::move(worker)),
    owner_(std::move(owner)),
    under_way_(std::make_shared<std::atomic<size_t>>(0)) {
  // nop
}

bool worker_port::start(uint64_t ticket, http_request request) {
  auto deliver = [ticket, owner = owner_](expected<http_answer> outcome) {
    // Weak, so that a minute's wait at the agent does not keep the actor alive.
    if (auto strong = owner.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(strong),
                     http_done{ticket, std::make_shared<expected<http_answer>>(
                                           std::move(outcome))});
  };
  http_worker::part_handler part;
  if (request.stream)
    part = part_handler(ticket);
  auto number = worker_->start(std::move(request), std::move(deliver), std::move(part));
  if (number == 0)
    return false;
  numbers_[ticket] = number;
  return true;
}

http_worker::part_handler worker_port::part_handler(uint64_t ticket) const {
  return [ticket, owner = owner_, under_way = under_way_](std::string_view bytes) {
    auto strong = owner.lock();
    if (!strong || *under_way + bytes.size() > stream_bytes)
      return false;
    *under_way += bytes.size();
    // Taken off the count wherever the message ends.
    auto done = [under_way](const std::string* x) {
      *under_way -= x->size();
      delete x;
    };
    std::shared_ptr<const std::string> copy{new std::string{bytes}, std::move(done)};
    caf::anon_send(caf::actor_cast<caf::actor>(strong), http_part{ticket, copy});
    return true;
  };
}

void worker_port::cancel(uint64_t ticket) {
  auto found = numbers_.find(ticket);
  if (found == numbers_.end())
    return;
  worker_->cancel(found->second);
  numbers_.erase(found);
}

void worker_port::arrived(uint64_t ticket) {
  numbers_.erase(ticket);
}

} // namespace mica::discovery
