// HTTP by libcurl on a thread of its own, so that no actor ever waits for an agent.

#pragma once

#include "mica/codecs/expected.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery {

/// PEM files for `https://`; empty: the system's authorities, no certificate of ours.
struct http_tls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  /// False: every certificate is believed. For trials by hand.
  bool verify = true;
};

struct http_request {
  /// `GET`, `PUT` or `POST`.
  std::string method;
  /// `http://` or `https://`; no redirect is followed and no proxy used, since
  /// registries are neighbours.
  std::string url;
  std::string body;
  /// Whole lines, e.g. `X-Consul-Token: ...`.
  std::vector<std::string> headers;
  /// From `start` to the last byte of the answer, of a stream to the connection.
  /// Beyond: `errc::timeout`.
  std::chrono::milliseconds timeout{5'000};
  /// Bytes of the answer's body. Beyond: `errc::limit_exceeded`.
  size_t answer_bytes = 16 * 1024 * 1024;
  /// None: the system's authorities.
  std::shared_ptr<const http_tls> tls = {};
  /// The body of a 200 goes to the part handler as it comes, without end, and not into
  /// the answer.
  bool stream = false;
};

struct http_answer {
  int status = 0;
  std::string body;
  /// The value of Consul's `X-Consul-Index`.
  std::optional<std::string> index;
};

/// Bounds of one worker.
struct http_worker_limits {
  /// Requests under way, each on a connection of its own. Beyond: they wait in line.
  size_t active = 96;
  /// Requests in line. Beyond: refused.
  size_t waiting = 1'000;
  /// Bytes of an answer's header. Beyond: `errc::limit_exceeded`.
  size_t header_bytes = 64 * 1024;
};

/// Makes requests on one thread of its own with curl's multi interface; connections
/// are kept and used again. Thread-safe.
class http_worker {
public:
  /// Called once on the worker's thread; must neither block nor throw. Failures are
  /// `errc::connection_failed` (nothing was sent), `errc::connection_lost`,
  /// `errc::timeout`, `errc::limit_exceeded` or `errc::protocol_error`, in curl's
  /// words and without address.
  using completion = std::function<void(expected<http_answer>)>;

  /// Called on the worker's thread with what came of a stream's body, before the
  /// completion; must neither block nor throw. False gives the stream up with
  /// `errc::limit_exceeded`.
  using part_handler = std::function<bool(std::string_view)>;

  /// Fails with `errc::internal` if the system has no thread or curl no memory.
  static expected<std::unique_ptr<http_worker>> make(http_worker_limits limits = {});

  /// Gives up what is under way: no completion is called afterwards. Waits for the
  /// thread, which ends at once, unless called on it.
  ~http_worker();

  http_worker(const http_worker&) = delete;
  http_worker& operator=(const http_worker&) = delete;

  /// Begins a request. Returns its number, above 0, or 0 if too many are in line.
  [[nodiscard]] uint64_t start(http_request request, completion done,
                               part_handler part = nullptr);

  /// Gives a request up. Its completion is not called, unless it is on its way.
  void cancel(uint64_t number);

private:
  class engine;

  explicit http_worker(std::shared_ptr<engine> running);

  std::shared_ptr<engine> engine_;
};

/// Initializes libcurl once per process; false if it can't be.
bool init_curl();

} // namespace mica::discovery
