// What is to be told to everybody, each piece a limited number of times.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mica::discovery::gossip {

/// memberlist's `TransmitLimitedQueue`: takes pieces by how rarely they were sent, the
/// largest first, then the newest. Pure; not thread-safe.
class broadcast_queue {
public:
  /// @param most pieces kept; beyond, the one that was sent most often goes.
  explicit broadcast_queue(size_t most) : most_(most) {
    // nop
  }

  /// Adds a piece. One of the same name is replaced: it is old news.
  /// @param name what it is about; empty means nothing else is.
  void add(const std::string& name, std::string bytes);

  /// Takes pieces of at most `room` bytes together, each counted with `overhead` more.
  /// @param limit times a piece is sent in all.
  /// @param count pieces at most.
  std::vector<std::string> take(size_t overhead, size_t room, int limit, size_t count);

  void remove(const std::string& name);

  bool empty() const noexcept {
    return items_.empty();
  }

  size_t size() const noexcept {
    return items_.size();
  }

private:
  struct item {
    int sent = 0;
    std::string bytes;
    uint64_t id = 0;
    std::string name;

    bool operator<(const item& other) const noexcept;
  };

  void put(item x);
  void erase(std::set<item>::iterator i);

  size_t most_;
  uint64_t last_id_ = 0;
  std::set<item> items_;
  std::map<std::string, std::set<item>::iterator> names_;
};

} // namespace mica::discovery::gossip
