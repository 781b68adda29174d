// Putting nodes into etcd and taking them out again.

#pragma once

#include "etcd/etcd_client.hpp"
#include "registry/order_lines.hpp"

#include "mica/discovery/records.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace mica::discovery::etcd {

/// Registers, renews and deregisters: one key and one lease per node, as Go Micro does.
/// Lives in one actor, beside its client.
class registrations {
public:
  using handler = order_lines::handler;

  /// Nodes whose content is remembered, to renew them by their lease alone. Beyond, any
  /// one is forgotten and written again the next time.
  static constexpr size_t remembered = 10'000;

  /// @param client must outlive this.
  explicit registrations(etcd_client& client);

  /// Registers every node of `record`. What was registered through this before and did
  /// not change is renewed by keeping its lease alive; a lease that ended is replaced.
  /// Fails with `errc::invalid_argument` and whatever etcd refuses it for.
  void add(const service_record& record, std::chrono::nanoseconds ttl, handler done);

  /// Removes every node of `record`. Unknown ones are no failure.
  void remove(const service_record& record, handler done);

private:
  /// One node to be written.
  struct order {
    std::string key;
    std::string value;
    std::chrono::nanoseconds ttl{0};
    handler done;
  };

  using order_ptr = std::shared_ptr<order>;

  struct known {
    size_t hash = 0;
    std::chrono::nanoseconds ttl{0};
    std::string lease;
  };

  void renew(order_ptr x);
  void grant(order_ptr x);
  void put(order_ptr x, const std::string& lease);
  void remember(const order& x, const std::string& lease);

  etcd_client& client_;
  std::map<std::string, known> known_;
  order_lines lines_;
};

} // namespace mica::discovery::etcd
