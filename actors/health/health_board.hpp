// Which services of a server may be called now.

#pragma once

#include "debug/watch_list.hpp"

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace mica::detail {

/// What grpc.health.v1 says of a service, by its numbers.
enum class serving_status : uint8_t {
  serving = 1,
  not_serving = 2,
  service_unknown = 3,
};

/// How far a server has come.
enum class readiness : uint8_t {
  /// It does not listen yet.
  starting,
  ready,
  /// It drains: what watches it shall end soon.
  stopping,
};

/// The state that health checks answer from. Names are added before the server starts;
/// the rest is thread-safe.
class health_board {
public:
  /// @param name `package.Service`. The empty name, the whole server, is always known.
  void add(std::string name) {
    names_.insert(std::move(name));
  }

  /// Tells all who watch, if it is new.
  void set(readiness now);

  readiness get() const noexcept {
    return now_;
  }

  serving_status status_of(std::string_view name) const;

  watch_list& watchers() noexcept {
    return watchers_;
  }

private:
  std::set<std::string, std::less<>> names_{""};
  std::atomic<readiness> now_{readiness::starting};
  watch_list watchers_;
};

} // namespace mica::detail
