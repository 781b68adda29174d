#include "io/listener_core.hpp"

#include <string>
#include <utility>

namespace mica::net {

void listener_core::tell(error why) noexcept {
  if (!report)
    return;
  if (reports_left == 0) {
    ++unreported;
    return;
  }
  --reports_left;
  try {
    report(why);
  } catch (...) {
    // Whoever writes the log must not end a connection.
  }
}

void listener_core::renew_reports() noexcept {
  reports_left = reports_per_sweep;
  auto count = std::exchange(unreported, 0);
  if (count > 0)
    tell(error{errc::overloaded,
               std::to_string(count) + " more connections failed in the same second"});
}

} // namespace mica::net
