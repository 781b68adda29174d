// What the zookeeper registry actor owns.

#pragma once

#include "registry/reporter.hpp"
#include "registry/watcher_book.hpp"
#include "zookeeper/session.hpp"

#include "mica/discovery/actors.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace mica::discovery::zookeeper {

using due_atom = caf::atom_constant<caf::atom("due")>;

/// An event of one of our sessions.
struct session_event {
  uint64_t session = 0;
  event content;
};

/// INTERNAL: a registry that also hears from its session and its clock.
using zookeeper_actor =
    registry_actor::extend<caf::reacts_to<session_event>, caf::reacts_to<due_atom>>;

/// Whether there is a connection, as the client's threads know it; one per session.
class connection {
public:
  void set(bool there) {
    std::lock_guard guard{mutex_};
    there_ = there;
    changed_.notify_all();
  }

  /// False if there is none within `limit`.
  bool await(std::chrono::milliseconds limit) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return there_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool there_ = false;
};

/// The state of the actor, which has a thread of its own and may wait.
///
/// ZooKeeper tells once that something changed below a path; the whole service is read
/// then, which watches it again. After a connection was lost everything is read.
class registry_state {
public:
  using self_pointer = zookeeper_actor::stateful_pointer<registry_state>;
  using time_point = std::chrono::steady_clock::time_point;

  /// Services watched at once. Beyond: the watch is refused.
  static constexpr size_t services = 1'000;

  /// Between the ends of a failure and the next try, doubled up to the second.
  static constexpr std::chrono::milliseconds longest_pause{10'000};

  /// Fails if the options make no sense; every request is then answered with this.
  mica::error begin(self_pointer self, zookeeper_options options);

  expected<void> add(const service_record& record, caf::timespan ttl);
  expected<void> remove(const service_record& record);
  expected<snapshot> lookup(const std::string& service);
  expected<std::vector<service_record>> list();

  /// Fails with `errc::limit_exceeded` if too many services are watched.
  mica::error watch(const std::string& service, watcher_actor watcher);
  void forget(const caf::actor_addr& watcher);

  void take(const session_event& x);

  /// Reads what changed, or tries again what failed.
  void on_due();

  /// Name of this actor in log output.
  static inline const char* name = "zookeeper-registry";

private:
  time_point now() const;
  expected<session*> connected();
  mica::error open();
  void renew_session();
  void read(const std::string& service);
  void lost(const std::string& why);
  void all_dirty();
  void schedule(std::chrono::nanoseconds delay);
  void report(const std::string& line);

  self_pointer self_ = nullptr;
  zookeeper_options options_;
  std::string servers_;
  uint64_t number_ = 0;
  std::shared_ptr<connection> connection_;
  std::unique_ptr<session> session_;
  /// Only the first requests wait for a connection; later ones fail at once.
  bool waited_ = false;
  bool away_ = false;
  time_point away_since_;
  watcher_book watched_;
  /// Watched services that have to be read.
  std::set<std::string> dirty_;
  size_t failures_ = 0;
  bool scheduled_ = false;
  reporter reports_;
  std::minstd_rand random_;
};

} // namespace mica::discovery::zookeeper

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::discovery::zookeeper::session_event)
