#include "health/health_board.hpp"

namespace mica::detail {

void health_board::set(readiness now) {
  if (now_.exchange(now) != now)
    watchers_.notify();
}

serving_status health_board::status_of(std::string_view name) const {
  if (names_.find(name) == names_.end())
    return serving_status::service_unknown;
  return now_ == readiness::ready ? serving_status::serving
                                  : serving_status::not_serving;
}

} // namespace mica::detail
