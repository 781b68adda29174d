#include "http2/frame_queue.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http2 {

namespace {

// A piece beyond this size is not appended to: moving it when it grows costs more than
// another piece.
constexpr size_t full_bytes = 16 * 1024;

// What a new piece makes room for: the answers to some dozens of calls.
constexpr size_t first_bytes = 2048;

// An idle connection keeps at most this much.
constexpr size_t retained_bytes = 256;

} // namespace

void frame_queue::append(std::string_view bytes) {
  if (bytes.empty())
    return;
  if (first_ == pieces_.size() || pieces_.back().data != nullptr
      || pieces_.back().text.size() >= full_bytes) {
    pieces_.push_back({std::exchange(spare_, {}), nullptr, 0});
    auto& text = pieces_.back().text;
    if (bytes.size() > text.capacity())
      text.reserve(std::max(bytes.size(), first_bytes));
  }
  pieces_.back().text.append(bytes);
  size_ += bytes.size();
}

void frame_queue::refer(std::string_view bytes) {
  if (bytes.empty())
    return;
  pieces_.push_back({{}, bytes.data(), bytes.size()});
  size_ += bytes.size();
}

void frame_queue::keep(std::string&& owner) {
  // Of no bytes of its own: it goes when the pieces before it have gone.
  if (first_ < pieces_.size())
    pieces_.push_back({std::move(owner), "", 0});
}

size_t frame_queue::pieces(std::span<std::string_view> parts) const {
  size_t n = 0;
  auto skip = offset_;
  for (auto i = first_; i < pieces_.size() && n < parts.size(); ++i) {
    auto part = pieces_[i].view().substr(std::exchange(skip, 0));
    if (!part.empty())
      parts[n++] = part;
  }
  return n;
}

void frame_queue::consume(size_t bytes) {
  bytes = std::min(bytes, size_);
  size_ -= bytes;
  offset_ += bytes;
  while (first_ < pieces_.size() && offset_ >= pieces_[first_].view().size()) {
    auto& done = pieces_[first_++];
    offset_ -= done.view().size();
    if (done.data == nullptr && done.text.capacity() <= retained_bytes)
      spare_ = std::move(done.text);
    done = {};
  }
  spare_.clear();
  if (first_ == pieces_.size()) {
    pieces_.clear();
    first_ = 0;
    offset_ = 0;
  } else if (first_ >= 64 && first_ * 2 >= pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
}

void frame_queue::clear() {
  pieces_.clear();
  first_ = 0;
  offset_ = 0;
  size_ = 0;
}

} // namespace mica::net::http2
