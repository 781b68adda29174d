// The client's half of the transport `nats`.

#pragma once

#include "nats/link.hpp"

#include <caf/fwd.hpp>

#include <map>
#include <set>
#include <unordered_map>

namespace mica::net::nats {

/// Calls under way: whom an answer belongs to, and when it is late. Lives on the I/O
/// lane.
///
/// Each call has a reply subject that no other call uses meanwhile. Go Micro's server
/// keeps a little for each subject for a minute, so they are used again, but not those
/// of calls that got no answer: it may still come.
class calls : public pool {
public:
  struct helpers {
    /// `sweep` shall be called at this time.
    std::function<void(time_point when)> on_sweep_wanted;
    /// The keeper shall end.
    std::function<void()> on_empty;
  };

  calls(nats_transport_options options, size_t body_bytes);

  void use(helpers what) {
    helpers_ = std::move(what);
  }

  uint64_t exchange(const target& to, http_request&& request, time_point deadline,
                    done then) override;
  uint64_t open(const target& to, http_request&& head, time_point deadline,
                std::unique_ptr<response_receiver> receiver) override;
  void cancel(uint64_t number) override;

  /// There is a connection now, or there will be none. @param inbox in front of the
  /// number of a call's subject
  void opened(expected<std::shared_ptr<link>> to, std::string inbox);

  void take(arrival&& x);
  void sweep(time_point now);
  void drain();
  void shut_down();

private:
  struct call {
    std::string subject;
    std::string text;
    uint64_t slot = 0;
    time_point deadline;
    done then;
    bool sent = false;
  };

  void send(uint64_t number, call& what);
  void finish(uint64_t number, expected<http_response> outcome, bool slot_is_free);
  void arm();

  nats_transport_options options_;
  size_t body_bytes_;
  helpers helpers_;
  std::shared_ptr<link> link_;
  std::string inbox_;
  /// Set: nothing will be sent any more.
  error closed_;
  bool draining_ = false;
  std::map<uint64_t, call> calls_;
  std::unordered_map<uint64_t, uint64_t> by_slot_;
  std::set<std::pair<time_point, uint64_t>> deadlines_;
  std::vector<uint64_t> free_slots_;
  uint64_t slots_ = 0;
  uint64_t last_ = 0;
  time_point armed_ = time_point::max();
};

/// Spawns a pool; it connects aside.
pool_ref spawn_pool(caf::actor_system& system, pool_options options,
                    const nats_transport_options& nats,
                    const transport_environment& env);

} // namespace mica::net::nats
