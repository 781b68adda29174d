#include "debug/log_ring.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

// UTF-8's continuation bytes are 10xxxxxx; protobuf refuses a string that is cut
// within a character.
void cut(std::string& text, size_t bytes) {
  if (text.size() <= bytes)
    return;
  auto continues = [&](size_t i) {
    return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
  };
  while (bytes > 0 && continues(bytes))
    --bytes;
  text.resize(bytes);
}

} // namespace

log_ring::log_ring(log_limits limits) : limits_(limits) {
  // nop
}

void log_ring::add(log_record record) {
  cut(record.text, limits_.record_bytes);
  {
    std::lock_guard guard{mtx_};
    records_.push_back(std::move(record));
    if (records_.size() > limits_.records) {
      records_.pop_front();
      ++begin_;
    }
  }
  watchers_.notify();
}

log_ring::slice log_ring::read(uint64_t from) const {
  std::lock_guard guard{mtx_};
  slice result;
  auto start = std::max(from, begin_);
  auto end = begin_ + records_.size();
  result.missed = start - from;
  result.next = std::max(from, std::min<uint64_t>(end, start + limits_.batch));
  for (auto i = start; i < result.next; ++i)
    result.records.push_back(records_[i - begin_]);
  result.more = result.next < end;
  return result;
}

uint64_t log_ring::first(std::optional<uint64_t> count,
                         std::chrono::system_clock::time_point since) const {
  std::lock_guard guard{mtx_};
  auto end = begin_ + records_.size();
  auto result = begin_;
  if (count && *count < records_.size())
    result = end - *count;
  // Clocks are set back at times: the first that is young enough, and all behind it.
  while (result < end && records_[result - begin_].time < since)
    ++result;
  return result;
}

uint64_t log_ring::end() const {
  std::lock_guard guard{mtx_};
  return begin_ + records_.size();
}

} // namespace mica::detail
