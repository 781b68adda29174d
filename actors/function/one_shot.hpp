// The one use that a function has.

#pragma once

#include "mica/codecs/error.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

namespace mica::detail {

/// Who comes first has it: a call or an event. Thread-safe.
class one_shot {
public:
  one_shot();
  ~one_shot();
  one_shot(const one_shot&) = delete;
  one_shot& operator=(const one_shot&) = delete;

  /// True for exactly one caller ever, who calls `finish` when it is done.
  bool take();

  bool taken() const noexcept {
    return taken_.load();
  }

  /// Why `take` was false; the caller may go to another node.
  static error refusal(const std::string& name);

  /// The use is over. Once.
  /// @param outcome "none" for success.
  void finish(const error& outcome);

  /// Readable from `take` on, and again from `finish` on after `clear`: for poll(2).
  int descriptor() const noexcept {
    return fd_;
  }

  void clear() noexcept;

  /// How it ended; nothing before.
  std::optional<error> outcome() const;

private:
  void wake() noexcept;

  std::atomic<bool> taken_{false};
  mutable std::mutex mtx_;
  std::optional<error> outcome_;
  int fd_;
};

} // namespace mica::detail
