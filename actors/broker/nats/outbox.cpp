#include "broker/nats/outbox.hpp"

#include <algorithm>
#include <utility>

namespace mica::broker::nats {

outbox::outbox(outbox_limits limits) : limits_(limits) {
  // nop
}

expected<void> outbox::add(parcel_ptr what, time_point now) {
  auto size = what->bytes.size();
  if (size > limits_.bytes)
    return error{errc::limit_exceeded, "the event has " + std::to_string(size)
                                           + " bytes on the wire; at most "
                                           + std::to_string(limits_.bytes)
                                           + " may wait (waiting_bytes)"};
  if (size_ >= limits_.events)
    return error{errc::overloaded, std::to_string(limits_.events)
                                       + " events wait for the server already "
                                         "(waiting_events); publish more slowly"};
  if (bytes_ + size > limits_.bytes)
    return error{errc::overloaded, std::to_string(bytes_) + " of "
                                       + std::to_string(limits_.bytes)
                                       + " bytes wait for the server already "
                                         "(waiting_bytes); publish more slowly"};
  what->number = end();
  what->deadline = now + limits_.time;
  parcels_.push_back(std::move(what));
  ++size_;
  bytes_ += size;
  return {};
}

parcel_ptr outbox::next() {
  if (window_full())
    return nullptr;
  while (unsent_ < end()) {
    auto& x = parcels_[unsent_ - first_];
    ++unsent_;
    if (x) {
      ++in_flight_;
      return x;
    }
  }
  return nullptr;
}

parcel_ptr outbox::take(uint64_t number) {
  if (number < first_ || number >= end())
    return nullptr;
  auto result = std::exchange(parcels_[number - first_], nullptr);
  if (result) {
    --size_;
    bytes_ -= result->bytes.size();
    if (number < unsent_)
      --in_flight_;
  }
  return result;
}

void outbox::trim() {
  while (!parcels_.empty() && !parcels_.front()) {
    parcels_.pop_front();
    ++first_;
  }
  unsent_ = std::max(unsent_, first_);
}

parcel_ptr outbox::settle(uint64_t number) {
  auto result = take(number);
  trim();
  return result;
}

std::vector<parcel_ptr> outbox::take_until(uint64_t end) {
  std::vector<parcel_ptr> result;
  for (auto number = first_; number < end; ++number)
    if (auto x = take(number))
      result.push_back(std::move(x));
  trim();
  return result;
}

std::vector<parcel_ptr> outbox::settle_through(uint64_t number) {
  return take_until(std::min(number + 1, end()));
}

std::vector<parcel_ptr> outbox::take_sent() {
  return take_until(unsent_);
}

std::vector<parcel_ptr> outbox::take_all() {
  return take_until(end());
}

void outbox::rewind() {
  unsent_ = first_;
  in_flight_ = 0;
}

std::vector<parcel_ptr> outbox::expire(time_point now) {
  // All have the same time, so the oldest goes first.
  auto number = first_;
  while (number < end()) {
    const auto& x = parcels_[number - first_];
    if (x && x->deadline > now)
      break;
    ++number;
  }
  return take_until(number);
}

std::optional<time_point> outbox::deadline() const {
  if (parcels_.empty())
    return std::nullopt;
  return parcels_.front()->deadline;
}

} // namespace mica::broker::nats
