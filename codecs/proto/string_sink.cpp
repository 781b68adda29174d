#include "proto/string_sink.hpp"

#include <utility>

namespace mica::proto {

bool string_sink::Next(void** data, int* size) {
  flush();
  used_ = buffer_.size();
  *data = buffer_.data();
  *size = static_cast<int>(buffer_.size());
  return true;
}

void string_sink::BackUp(int count) {
  used_ -= static_cast<size_t>(count);
}

bool string_sink::WriteAliasedRaw(const void* data, int size) {
  flush();
  out_->append(static_cast<const char*>(data), static_cast<size_t>(size));
  written_ += static_cast<size_t>(size);
  return true;
}

void string_sink::flush() {
  auto size = std::exchange(used_, 0);
  out_->append(buffer_.data(), size);
  written_ += size;
}

} // namespace mica::proto
