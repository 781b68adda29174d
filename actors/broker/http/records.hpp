// Subscriptions as the registry holds them.

#pragma once

#include "broker/http/wire.hpp"

#include "mica/discovery/records.hpp"
#include "mica/net/pool.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mica::broker::http {

/// The names under which Go Micro registers the subscribers of all topics.
inline constexpr std::string_view v1_service = "go.micro.http.broker";
inline constexpr std::string_view v2_service = "micro.http.broker";

/// The version of a subscriber without a queue; else it is the queue's name.
inline constexpr std::string_view broadcast_version = "ff.http.broadcast";

/// What the registry is told of one subscription.
struct announcement {
  std::string topic;
  /// May be empty.
  std::string queue;
  /// Node ids, unlike each other: an agent of Consul knows each id once. The second
  /// one, for v1.18, may be empty.
  std::string id;
  std::string v1_id;
  /// `host:port` that others dial.
  std::string address;
  bool secure = false;
};

/// The records to register, v2's first. The one for v1.18 names the other one, so that
/// mica's publishers, which look at both, see one subscriber.
std::vector<discovery::service_record> records_of(const announcement& what);

/// A subscriber that is known from the registry.
struct recipient {
  /// The node's id; unique.
  std::string id;
  net::target to;
  generation speaks = generation::v2;
  /// Empty: broadcast.
  std::string queue;
};

using recipient_ptr = std::shared_ptr<const recipient>;

/// The subscribers of one topic.
struct audience {
  std::vector<recipient_ptr> broadcast;
  /// By the queue's name; never empty ones.
  std::map<std::string, std::vector<recipient_ptr>> queues;
};

/// Who gets what is published on a topic, by the latest snapshots of both names.
class recipient_table {
public:
  /// @param most recipients of each name; further ones are left out.
  /// @param secure speaks TLS to every subscriber, whatever it says.
  explicit recipient_table(size_t most, bool secure = false);

  /// Takes the place of what was known of `x.service`. Others than the two names, and
  /// nodes that are no http broker, are ignored. Returns how many were left out.
  size_t update(const discovery::snapshot& x);

  /// Our own subscription: known before the registry says so, and at once unknown.
  void add(const announcement& what);
  void remove(const std::string& id);

  /// Null if there is none. Valid until the next update.
  const audience* find(std::string_view topic) const;

  /// Null if it has left.
  recipient_ptr recipient_of(const std::string& id) const;

private:
  struct known {
    recipient_ptr who;
    std::string topic;
  };

  void rebuild();

  size_t most_;
  bool secure_;
  std::vector<known> own_;
  std::vector<known> v1_;
  std::vector<known> v2_;
  std::map<std::string, audience, std::less<>> topics_;
  std::unordered_map<std::string, recipient_ptr> by_id_;
};

} // namespace mica::broker::http
