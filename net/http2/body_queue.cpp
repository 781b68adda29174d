#include "http2/body_queue.hpp"

#include <algorithm>
#include <utility>

namespace mica::net::http2 {

void body_queue::push(std::string&& bytes) {
  if (bytes.empty())
    return;
  auto empty = size_ == 0;
  size_ += bytes.size();
  if (empty)
    front_ = std::move(bytes);
  else
    others_.push_back(std::move(bytes));
}

void body_queue::frame(size_t bytes, frame_queue& to) {
  size_ -= bytes;
  while (bytes > 0) {
    auto part = std::string_view{front_}.substr(offset_, bytes);
    if (part.size() < frame_queue::copied_bytes) {
      to.append(part);
    } else {
      to.refer(part);
      referred_ = true;
    }
    bytes -= part.size();
    offset_ += part.size();
    if (offset_ == front_.size()) {
      if (std::exchange(referred_, false))
        to.keep(std::move(front_));
      next();
    }
  }
}

void body_queue::next() {
  offset_ = 0;
  if (others_from_ < others_.size()) {
    front_ = std::move(others_[others_from_++]);
    return;
  }
  front_.clear();
  others_.clear();
  others_from_ = 0;
}

void body_queue::retire(frame_queue& to) {
  if (std::exchange(referred_, false))
    to.keep(std::move(front_));
  front_ = {};
  others_.clear();
  others_from_ = 0;
  offset_ = 0;
  size_ = 0;
}

} // namespace mica::net::http2
