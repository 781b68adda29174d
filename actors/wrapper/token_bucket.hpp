// How much may pass in how much time.

#pragma once

#include <chrono>

namespace mica::detail {

/// Fills with `per_second` tokens a second up to `burst`, each call takes one. Begins
/// full. Pure; not thread-safe.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param per_second above 0. @param burst at least 1.
  token_bucket(double per_second, double burst, time_point now);

  /// Takes a token; false if there is none. A time before the last one counts as that.
  bool take(time_point now);

  /// How long until there is a token again; zero if there is one.
  std::chrono::nanoseconds wait() const;

private:
  double per_second_;
  double burst_;
  double tokens_;
  time_point last_;
};

} // namespace mica::detail
