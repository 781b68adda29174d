// A map that knows which of its entries was not used for longest.

#pragma once

#include <list>
#include <map>
#include <string>
#include <utility>

namespace mica::discovery {

/// Owns its values; references stay valid until the entry is erased. Not thread-safe.
template <class T>
class lru_map {
public:
  /// Returns the value or nullptr. Does not count as a use.
  T* find(const std::string& key) {
    auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.content;
  }

  /// Returns the value, a new one if there was none, as the one used last.
  T& use(const std::string& key) {
    auto [found, is_new] = entries_.try_emplace(key);
    auto& entry = found->second;
    if (is_new)
      entry.place = unpinned_.insert(unpinned_.begin(), &found->first);
    else if (!entry.pinned)
      unpinned_.splice(unpinned_.begin(), unpinned_, entry.place);
    return entry.content;
  }

  /// A pinned entry never is the oldest one. Unpinning counts as a use.
  void pin(const std::string& key, bool pinned) {
    auto found = entries_.find(key);
    if (found == entries_.end() || found->second.pinned == pinned)
      return;
    auto& entry = found->second;
    entry.pinned = pinned;
    if (pinned)
      unpinned_.erase(entry.place);
    else
      entry.place = unpinned_.insert(unpinned_.begin(), &found->first);
  }

  void erase(const std::string& key) {
    auto found = entries_.find(key);
    if (found == entries_.end())
      return;
    if (!found->second.pinned)
      unpinned_.erase(found->second.place);
    entries_.erase(found);
  }

  /// The unpinned key that was not used for longest; nullptr if all are pinned.
  const std::string* oldest() const {
    return unpinned_.empty() ? nullptr : unpinned_.back();
  }

  /// Calls `visit(key, value)` for every entry, in the order of the keys.
  template <class Visit>
  void for_each(Visit visit) {
    for (auto& [key, entry] : entries_)
      visit(key, entry.content);
  }

  size_t size() const noexcept {
    return entries_.size();
  }

  void clear() {
    unpinned_.clear();
    entries_.clear();
  }

private:
  using order = std::list<const std::string*>;

  struct slot {
    T content;
    order::iterator place;
    bool pinned = false;
  };

  std::map<std::string, slot> entries_;
  /// Last used first.
  order unpinned_;
};

} // namespace mica::discovery
