// ZooKeeper's C client behind a few calls that wait.

#pragma once

#include "records/merge.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/zookeeper.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mica::discovery::zookeeper {

/// Go Micro's prefix of all paths.
inline constexpr std::string_view prefix = "/micro-registry";

/// A text as a part of a path: `/` becomes `-`, as in Go Micro.
std::string path_part(std::string_view text);

/// `/micro-registry/<service>`, whose children are its nodes.
std::string service_path(std::string_view service);

std::string node_path(std::string_view service, std::string_view node);

/// The part of a path that names the service; empty if there is none.
std::string service_part(std::string_view path);

/// Addresses as the client wants them: `a:1,b:2181`. Fails with
/// `errc::invalid_argument`.
expected<std::string> server_list(const zookeeper_options& options);

/// What the client tells on threads of its own.
struct event {
  enum class kind : uint8_t {
    /// Below `path` something changed; told once per look.
    changed,
    connected,
    /// No server answers; the client goes on trying.
    away,
    /// The session is over: this object is of no more use.
    expired,
  };
  kind what = kind::changed;
  std::string path;
};

/// One session. Its calls wait, for the session's timeout at most, and are made by one
/// thread; each fails with `errc::unavailable` if no server answers.
class session {
public:
  /// @param sink called on the client's threads; must neither block nor throw.
  static expected<std::unique_ptr<session>> open(const std::string& servers,
                                                 std::chrono::milliseconds timeout,
                                                 std::function<void(event)> sink);

  /// Waits for the client's threads: no event comes afterwards.
  ~session();

  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Writes a node, and what is missing above it.
  expected<void> write(const std::string& path, const std::string& value);

  /// Removes a node; one that is not there is no failure.
  expected<void> remove(const std::string& path);

  /// The value of a node.
  expected<std::string> get(const std::string& path);

  /// The nodes of a service. With `watch` the next change of them is told.
  expected<stored_records> read(const std::string& service_path, bool watch);

  /// The nodes of all services.
  expected<stored_records> read_all();

private:
  class client;

  explicit session(std::unique_ptr<client> made);

  std::unique_ptr<client> client_;
};

} // namespace mica::discovery::zookeeper
