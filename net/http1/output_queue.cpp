#include "http1/output_queue.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http1 {

namespace {

// A buffer beyond this size is not appended to: moving it when it grows costs more
// than another piece.
constexpr size_t full_bytes = 16 * 1024;

// An idle connection keeps at most this much.
constexpr size_t retained_bytes = 1024;

} // namespace

std::string& output_queue::buffer() {
  if (first_ == pieces_.size() || pieces_.back().sealed
      || pieces_.back().text.size() >= full_bytes)
    pieces_.push_back({std::exchange(spare_, {}), false});
  return pieces_.back().text;
}

void output_queue::push(std::string&& body) {
  if (body.size() < copied_bytes)
    buffer().append(body);
  else
    pieces_.push_back({std::move(body), true});
}

size_t output_queue::pieces(std::span<std::string_view> parts) const {
  size_t n = 0;
  auto skip = offset_;
  for (auto i = first_; i < pieces_.size() && n < parts.size(); ++i) {
    auto part = std::string_view{pieces_[i].text}.substr(std::exchange(skip, 0));
    if (!part.empty())
      parts[n++] = part;
  }
  return n;
}

void output_queue::consume(size_t bytes) {
  offset_ += bytes;
  while (first_ < pieces_.size() && offset_ >= pieces_[first_].text.size()) {
    auto& done = pieces_[first_++];
    offset_ -= done.text.size();
    if (!done.sealed && done.text.capacity() <= retained_bytes)
      spare_ = std::move(done.text);
    done.text = {};
  }
  spare_.clear();
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
    // Never true unless the caller claims more than there was.
    offset_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

void output_queue::clear() {
  pieces_.clear();
  first_ = 0;
  offset_ = 0;
}

size_t output_queue::size() const noexcept {
  size_t sum = 0;
  for (auto i = first_; i < pieces_.size(); ++i)
    sum += pieces_[i].text.size();
  return sum - std::min(sum, offset_);
}

} // namespace mica::net::http1
