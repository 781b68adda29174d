// Telling those who want to know.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace mica::detail {

/// Functions that are called when something has changed. Thread-safe.
class watch_list {
public:
  /// Ends with its last owner; the function may still be called by a `notify` that is
  /// under way on another thread.
  using watch = std::shared_ptr<void>;

  watch_list() : state_(std::make_shared<state>()) {
    // nop
  }

  /// @param then called on the thread that caused the change.
  [[nodiscard]] watch add(std::function<void()> then);

  void notify() const;

  /// Those who watch now.
  size_t size() const;

private:
  struct state {
    mutable std::mutex mtx;
    uint64_t next = 0;
    std::map<uint64_t, std::shared_ptr<const std::function<void()>>> functions;
  };

  std::shared_ptr<state> state_;
};

} // namespace mica::detail
