#include "records/ignored_input.hpp"

#include <string>
#include <utility>

namespace mica::discovery {

namespace {

constexpr size_t reason_bytes = 200;

} // namespace

void shorten(std::string& text, size_t limit) {
  if (text.size() <= limit)
    return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  text.resize(limit);
  text += "...";
}

void ignored_input::add(std::string what) {
  if (count_++ >= kept)
    return;
  shorten(what, reason_bytes);
  first_.push_back(std::move(what));
}

void ignored_input::add(const ignored_input& other) {
  for (const auto& what : other.first_)
    add(what);
  count_ += other.count_ - other.first_.size();
}

std::string ignored_input::text() const {
  std::string out;
  for (const auto& what : first_) {
    if (!out.empty())
      out += "; ";
    out += what;
  }
  if (count_ > first_.size())
    out += "; and " + std::to_string(count_ - first_.size()) + " more";
  return out;
}

} // namespace mica::discovery
