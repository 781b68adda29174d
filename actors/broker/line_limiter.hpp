// How many lines about failing events go to the log.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace mica::detail {

/// Lets ten lines a second pass, and says with the next one how many did not. Pure.
class line_limiter {
public:
  static constexpr size_t lines_per_second = 10;

  explicit line_limiter(std::function<void(const std::string&)> to)
    : to_(std::move(to)) {
    // nop
  }

  void line(std::string text, std::chrono::steady_clock::time_point now) {
    if (now - since_ >= std::chrono::seconds{1}) {
      since_ = now;
      count_ = 0;
      if (hidden_ > 0)
        text += "; " + std::to_string(std::exchange(hidden_, 0))
                + " more lines like this were left out";
    }
    if (++count_ > lines_per_second)
      ++hidden_;
    else if (to_)
      to_(text);
  }

private:
  std::function<void(const std::string&)> to_;
  std::chrono::steady_clock::time_point since_{};
  size_t count_ = 0;
  size_t hidden_ = 0;
};

} // namespace mica::detail
