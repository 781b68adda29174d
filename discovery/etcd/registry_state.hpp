// What the etcd registry actor owns.

#pragma once

#include "etcd/etcd_client.hpp"
#include "etcd/refresh_table.hpp"
#include "etcd/registrations.hpp"
#include "etcd/wire.hpp"
#include "http/http_registry.hpp"
#include "registry/reporter.hpp"
#include "registry/watcher_book.hpp"

#include "mica/discovery/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mica::discovery::etcd {

/// The state of the actor and what its messages do. Everything happens in the actor.
///
/// One watch for all services says what changed; each change makes the whole service be
/// read. When the watch ends, for whatever reason, all that is known is stale; a new
/// one starts from its own present, and everything is read again. So nothing depends on
/// revisions that etcd may have compacted.
class registry_state {
public:
  using self_pointer = http_registry_actor::stateful_pointer<registry_state>;
  using time_point = refresh_table::time_point;

  /// Bytes of one line of the watch. Beyond: the watch starts anew.
  static constexpr size_t line_bytes = 16 * 1024 * 1024;

  /// Fails if the options make no sense or the worker has no thread; every request is
  /// then answered with this.
  mica::error begin(self_pointer self, etcd_options options);

  void add(const service_record& record, caf::timespan ttl,
           registrations::handler done);
  void remove(const service_record& record, registrations::handler done);
  void lookup(const std::string& service, std::function<void(expected<snapshot>)> done);
  void list(std::function<void(expected<std::vector<service_record>>)> done);

  /// Fails with `errc::limit_exceeded` if too many services are watched.
  mica::error watch(const std::string& service, watcher_actor watcher);
  void forget(const caf::actor_addr& watcher);

  void complete(const http_done& x);
  void take_part(const http_part& x);

  /// Begins what is due and sets the clock for the next.
  void on_due();

  /// Name of this actor in log output.
  static inline const char* name = "etcd-registry";
  static constexpr const char* registry_name = "etcd";

private:
  enum class stream { closed, opening, open };

  time_point now() const;
  void read(const std::string& service);
  void take_answer(const std::string& service, expected<http_answer> answer);
  void open_stream();
  void begin_stream();
  void close_stream();
  void stream_ended(const mica::error& why);
  void take_line(std::string_view line);
  void observe(const mica::error& failure);
  void report(const std::string& line);

  self_pointer self_ = nullptr;
  etcd_options options_;
  /// Outlives its users below.
  std::unique_ptr<worker_port> port_;
  std::unique_ptr<agent_client> agent_;
  std::unique_ptr<etcd_client> client_;
  std::unique_ptr<registrations> registrations_;
  refresh_table table_{refresh_limits{}};
  watcher_book watched_;
  stream stream_ = stream::closed;
  /// While it is closed: when to open it; while it opens: when it must have.
  time_point stream_due_;
  size_t stream_failures_ = 0;
  /// 0: none, or its token is on its way.
  uint64_t stream_ticket_ = 0;
  /// The begin of a line.
  std::string partial_;
  reporter reports_;
  std::minstd_rand random_;
  std::optional<time_point> armed_;
  bool away_ = false;
};

} // namespace mica::discovery::etcd
