// A real Consul agent for tests.

#pragma once

#include <string>
#include <vector>

namespace mica::test::consul {

/// The address of the agent that the ctest fixture `consul-agent` started. Ends the
/// process with "SKIPPED: ..." if Consul is not installed; with CI=true that is a
/// failure.
std::string shared_agent();

/// An agent of the test's own, to be killed and restarted.
class own_agent {
public:
  /// Starts it; skips or fails like `shared_agent`.
  own_agent();

  /// Ends it and removes its folder.
  ~own_agent();

  own_agent(const own_agent&) = delete;
  own_agent& operator=(const own_agent&) = delete;

  std::string address() const;

  /// SIGKILL; returns when it is gone.
  void kill();

  /// Starts it again on its data and its port.
  void restart();

  /// The same, with all data lost.
  void restart_empty();

private:
  /// Runs test/servers/consul.sh; returns its exit status.
  int script(const std::string& verb);
  void start();

  std::string dir_;
};

} // namespace mica::test::consul
