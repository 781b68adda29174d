#include "debug/log_ring.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

// The length of the UTF-8 sequence that `text` begins with; 0 if it begins with none
// (RFC 3629, 4).
size_t utf8_length(std::string_view text) noexcept {
  auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  auto first = byte(0);
  if (first < 0x80)
    return 1;
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  // Overlong forms, surrogates, and what lies beyond the last character.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)
      || (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f))
    return 0;
  return length;
}

// Log lines quote what peers sent, but a string of protobuf is UTF-8. Cut at `bytes`,
// between two characters.
std::string tidy(std::string_view text, size_t bytes) {
  std::string result;
  result.reserve(std::min(text.size(), bytes));
  while (!text.empty()) {
    auto length = utf8_length(text);
    if (result.size() + std::max<size_t>(length, 1) > bytes)
      break;
    if (length == 0)
      result += '?';
    else
      result += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return result;
}

} // namespace

log_ring::log_ring(log_limits limits) : limits_(limits) {
  // nop
}

void log_ring::add(log_record record) {
  record.text = tidy(record.text, limits_.record_bytes);
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
