#pragma once

namespace mica::detail {

/// While one lives, SIGTERM, SIGINT and SIGQUIT are noted instead of ending the
/// process. Several may live at once; each sees the signal. The former dispositions
/// come back with the end of the last.
class stop_signals {
public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Blocks until one of the signals has arrived; returns its number.
  int wait();

  /// The same, but returns 0 once `other` is readable.
  int wait(int other);
};

} // namespace mica::detail
