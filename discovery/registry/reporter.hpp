// What a registry tells its service's log.

#pragma once

#include "registry/report_limiter.hpp"

#include <exception>
#include <functional>
#include <string>
#include <utility>

namespace mica::discovery {

/// Passes on as many lines as `report_limiter` lets through. Without clock.
class reporter {
public:
  using sink = std::function<void(const std::string&)>;

  /// @param to may be null.
  explicit reporter(sink to = nullptr) : to_(std::move(to)) {
    // nop
  }

  void say(const std::string& line, report_limiter::time_point now) {
    if (!to_ || !limiter_.admit(line, now))
      return;
    try {
      to_(line);
    } catch (const std::exception&) {
      // A log that fails must not end the registry.
    }
  }

private:
  sink to_;
  report_limiter limiter_;
};

} // namespace mica::discovery
