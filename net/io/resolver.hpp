// Names to addresses, on threads that may block.

#pragma once

#include "io/name_cache.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mica::net {

/// Runs a blocking lookup on up to four threads of its own, started when needed and
/// ended when idle. Thread-safe.
///
/// Not a detached actor: a lookup can take half a minute, and the actor system would
/// wait for it when the process wants to end.
class resolver {
public:
  using lookup = std::function<name_cache::answer(const std::string& name)>;
  using receiver = std::function<void(const std::string& name, name_cache::answer)>;

  static constexpr size_t max_threads = 4;
  static constexpr size_t max_waiting = 256;

  /// @param deliver called once per accepted name from a thread of the resolver's.
  /// @param how blocking; for tests.
  explicit resolver(receiver deliver, lookup how = system_lookup);
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// After this, nothing is delivered any more. Does not wait for lookups.
  ~resolver();

  /// Returns false if `max_waiting` names wait already.
  bool ask(std::string name);

  /// getaddrinfo, stream sockets only. Fails with `errc::connection_failed`.
  static name_cache::answer system_lookup(const std::string& name);

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace mica::net
