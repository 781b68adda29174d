#include "io/pool_call.hpp"

#include <utility>

namespace mica::net {

namespace {

// Nodes kept for the next calls; a call's memory without its contents is 0.4 KiB.
constexpr size_t max_spare_calls = 1024;

constexpr uint64_t slot_mask = 0xffff'ffff;

} // namespace

call_book::call_book() = default;

call_book::~call_book() {
  // nop
}

call_ref call_book::add(call_list& line, http_request&& request, time_point deadline) {
  if (spare_.empty())
    spare_.emplace_back();
  auto added = spare_.begin();
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  auto index = free_slots_.back();
  free_slots_.pop_back();
  auto& slot = slots_[index];
  slot.where = added;
  slot.used = true;
  added->request = std::move(request);
  added->deadline = deadline;
  added->number = (uint64_t{slot.generation} << 32) | index;
  line.splice(line.end(), spare_, added);
  return added;
}

const call_ref* call_book::find(uint64_t number) const {
  auto index = number & slot_mask;
  if (index >= slots_.size())
    return nullptr;
  const auto& slot = slots_[index];
  return slot.used && slot.generation == number >> 32 ? &slot.where : nullptr;
}

void call_book::finish(call_list& from, call_ref which,
                       expected<http_response> outcome) {
  if (which->receiver) {
    telling scope{*this};
    auto& receiver = *which->receiver;
    retire(from, which);
    if (!outcome)
      receiver.on_reset(outcome.error());
    return;
  }
  tell(take(from, which), std::move(outcome));
}

void call_book::drop(call_list& from, call_ref which) {
  telling scope{*this};
  auto forgotten = std::move(which->then);
  retire(from, which);
}

pool::done call_book::take(call_list& from, call_ref which) {
  auto result = std::move(which->then);
  retire(from, which);
  return result;
}

void call_book::tell(pool::done then, expected<http_response> outcome) {
  telling scope{*this};
  if (then)
    then(std::move(outcome));
}

void call_book::retire(call_list& from, call_ref which) {
  auto index = static_cast<uint32_t>(which->number & slot_mask);
  auto& slot = slots_[index];
  slot.used = false;
  // Generation 0 would make a number of 0.
  if (++slot.generation == 0)
    slot.generation = 1;
  free_slots_.push_back(index);
  if (which->receiver)
    dead_.push_back(std::move(which->receiver));
  if (spare_.size() >= max_spare_calls) {
    from.erase(which);
    return;
  }
  *which = pool_call{};
  spare_.splice(spare_.begin(), from, which);
}

void call_book::bury() noexcept {
  // What is destroyed may end further calls.
  while (!dead_.empty()) {
    ++depth_;
    std::exchange(dead_, {}).clear();
    --depth_;
  }
}

} // namespace mica::net
