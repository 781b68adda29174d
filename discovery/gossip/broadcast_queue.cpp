#include "gossip/broadcast_queue.hpp"

#include <utility>

namespace mica::discovery::gossip {

bool broadcast_queue::item::operator<(const item& other) const noexcept {
  if (sent != other.sent)
    return sent < other.sent;
  if (bytes.size() != other.bytes.size())
    return bytes.size() > other.bytes.size();
  return id > other.id;
}

void broadcast_queue::put(item x) {
  auto i = items_.insert(std::move(x)).first;
  if (!i->name.empty())
    names_[i->name] = i;
}

void broadcast_queue::erase(std::set<item>::iterator i) {
  if (!i->name.empty())
    names_.erase(i->name);
  items_.erase(i);
}

void broadcast_queue::add(const std::string& name, std::string bytes) {
  remove(name);
  put({0, std::move(bytes), ++last_id_, name});
  while (items_.size() > most_)
    erase(std::prev(items_.end()));
}

void broadcast_queue::remove(const std::string& name) {
  if (auto old = names_.find(name); old != names_.end())
    erase(old->second);
}

std::vector<std::string> broadcast_queue::take(size_t overhead, size_t room, int limit,
                                               size_t count) {
  std::vector<std::string> result;
  std::vector<item> again;
  size_t used = 0;
  for (auto i = items_.begin();
       i != items_.end() && result.size() < count && used + overhead < room;) {
    auto size = overhead + i->bytes.size();
    if (used + size > room) {
      ++i;
      continue;
    }
    used += size;
    if (!i->name.empty())
      names_.erase(i->name);
    auto taken = items_.extract(i++);
    result.push_back(taken.value().bytes);
    if (++taken.value().sent < limit)
      again.push_back(std::move(taken.value()));
  }
  for (auto& x : again)
    put(std::move(x));
  return result;
}

} // namespace mica::discovery::gossip
