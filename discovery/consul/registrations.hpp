// Putting nodes into Consul and taking them out again.

#pragma once

#include "http/agent_client.hpp"
#include "registry/order_lines.hpp"

#include "mica/discovery/records.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace mica::discovery::consul {

/// Registers, renews and deregisters. Lives in one actor, beside its agent client.
///
/// What concerns one node id happens in the order in which it was asked for.
class registrations {
public:
  using handler = order_lines::handler;

  /// Nodes whose content is remembered, to renew them cheaply. Beyond, any one is
  /// forgotten and registered in full the next time.
  static constexpr size_t remembered = 10'000;

  static constexpr size_t waiting_per_node = order_lines::waiting_per_node;

  /// @param agent must outlive this.
  registrations(agent_client& agent, std::chrono::milliseconds timeout);

  /// Registers every node of `record`. Content that was registered through this before
  /// is renewed by one small request; if the agent does not know the node (any more)
  /// it is registered in full. A full registration is over when the catalog shows the
  /// node, since agents bring their news to it later; but it is not waited for longer
  /// than four looks of half a second, as a token may allow to register and not to
  /// read.
  ///
  /// Fails with `errc::invalid_argument` (no name, no node, a node without id or with
  /// a bad address, a `ttl` below zero), `errc::unavailable` and whatever else the
  /// agent refuses it for.
  void add(const service_record& record, std::chrono::nanoseconds ttl, handler done);

  /// Removes every node of `record` by id. Unknown ones are no failure.
  void remove(const service_record& record, handler done);

private:
  /// A record that is being registered.
  struct registration {
    service_record record;
    std::chrono::nanoseconds ttl{0};
    handler done;
    /// Ids of the nodes that were registered in full.
    std::set<std::string> fresh;
    size_t looks = 0;
  };

  using registration_ptr = std::shared_ptr<registration>;

  /// One node of it.
  struct order {
    registration_ptr whole;
    std::string id;
    api_request full;
    handler done;
  };

  using order_ptr = std::shared_ptr<order>;

  void renew(order_ptr x);
  void register_fully(order_ptr x);
  void pass(order_ptr x);
  void remember(const order& x);
  bool is_known(const order& x) const;
  void look(registration_ptr x, api_request request);
  static bool shows(const snapshot& found, const registration& wanted);
  void deregister(const std::string& node_id, handler done);

  void ask(api_request request, std::chrono::milliseconds timeout,
           agent_client::handler done);

  agent_client& agent_;
  std::chrono::milliseconds timeout_;
  /// Hash of what was registered last, by node id.
  std::map<std::string, size_t> known_;
  order_lines lines_;
};

} // namespace mica::discovery::consul
