// Who may be under way, and who waits for that.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace mica::detail {

/// A number of places and a line in front of them. Thread-safe; callbacks run without
/// its lock, on the thread that asks or gives a place back.
class slots {
public:
  enum class verdict : uint8_t { enter, wait, refuse };

  slots(size_t places, size_t line) : places_(places), line_(line) {
    // nop
  }

  /// Takes a place (`enter`: give it back by `leave`), or a number in the line (`wait`:
  /// call `wait` next).
  /// @param may_wait false: refuse in place of `wait`.
  verdict ask(bool may_wait = true);

  /// Stands in line. `go` is called once a place is there, which is its own from then
  /// on, maybe at once. It returns false if whom it stands for is gone: the place goes
  /// to the next one. Must not own this.
  void wait(std::function<bool()> go);

  /// Gives a place back. Who goes then may be over at once and call this again: one
  /// loop serves them all, so that a long line is no deep recursion.
  void leave();

  /// Places taken.
  size_t taken() const;

private:
  void serve(std::unique_lock<std::mutex>& guard);

  const size_t places_;
  const size_t line_;
  mutable std::mutex mtx_;
  size_t taken_ = 0;
  /// Numbers given out to those who do not stand in line yet.
  size_t coming_ = 0;
  bool serving_ = false;
  std::deque<std::function<bool()>> waiting_;
};

} // namespace mica::detail
