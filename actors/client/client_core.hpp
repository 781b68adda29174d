// What makes calls, without the actor around it.

#pragma once

#include "client/client_call.hpp"
#include "client/directory.hpp"
#include "client/route.hpp"
#include "mica/codecs/codec.hpp"
#include "mica/codecs/grpc_frame.hpp"
#include "mica/net/pool.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mica::detail {

struct client_limits {
  /// Bytes of a gRPC message, both ways. Beyond: errc::limit_exceeded.
  size_t message_bytes = grpc::default_message_bytes;
  /// Bytes of a request that is kept for a repetition. Larger ones are sent once.
  size_t repeat_bytes = 256 * 1024;
  /// Repetitions of a call that never left or that no server looked at; they cost none
  /// of its retries, and but for the first one go to nodes that were not tried.
  int free_repetitions = 8;
};

/// Whom a call goes to, as the caller says it.
struct route_query {
  /// Service in the registry.
  std::string service;
  /// `host:port` or `unix:/path` instead; may be empty.
  std::string address;
  protocol_choice protocol = protocol_choice::automatic;
  /// Addresses that shall not be called again if there are others.
  std::vector<std::string> tried;
  std::chrono::steady_clock::time_point deadline;
  std::vector<discovery::filter> filters = {};
  std::string key = {};
};

/// Nobody is there who could take a call.
bool nobody_there(const error& why);

/// Makes calls: node, connection, repetition. Lives on the I/O lane; call it there
/// alone (`client_handle` takes you there).
class client_core : public std::enable_shared_from_this<client_core> {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct options {
    directory_options directory;
    client_limits limits;
    /// By flag; what a call says goes before it.
    protocol_choice protocol = protocol_choice::automatic;
    /// TLS to every node.
    bool secure = false;
    /// Outlives this.
    const content_types* types = nullptr;
    std::shared_ptr<net::pool> pool;
    std::vector<call_wrapper> call_wrappers = {};
  };

  struct helpers {
    directory::helpers registry;
    /// Runs `run` on the lane after `wait`.
    std::function<void(std::chrono::nanoseconds wait, std::function<void()> run)> later;
    std::function<time_point()> now;
  };

  client_core(options what, uint64_t seed);

  /// Call once, before all others.
  void use(helpers what);

  /// Makes a call; its `done` gets the outcome.
  void begin(client_call_ptr call);

  /// Gives up a call on behalf of its caller: the peer is told.
  void cancel(client_call& call, error why);

  /// Opens a stream. What goes wrong is told to the stream.
  void open(stream_opening_ptr what);

  /// Finds where a call goes, for whoever makes it himself; `then` is called once,
  /// maybe at once. Fails as `directory::wait`.
  void choose(route_query query, std::function<void(expected<route>)> then);

  net::pool& connections() const noexcept {
    return *options_.pool;
  }

  const client_limits& limits() const noexcept {
    return options_.limits;
  }

  directory& services() noexcept {
    return directory_;
  }

  /// Calls that are made by continuations of calls, each within the other; what would
  /// be deeper than `max_depth` goes by a message.
  static constexpr int max_depth = 16;

  /// True if calls may be begun here and now, and not by a message to the actor.
  bool open_to_calls() const noexcept {
    return helpers_.now != nullptr && depth_ < max_depth;
  }

  int depth() const noexcept {
    return depth_;
  }

  /// Fails what waits; what comes later fails too.
  void close();

private:
  friend class mica::call_attempt;

  void route_call(client_call_ptr call);
  /// @param node null for an address that the caller has named.
  void attempt(client_call_ptr call, const route& where,
               discovery::balancer::node_ptr node);
  void run_steps(const client_call_ptr& call, const route& where,
                 const discovery::node* node);
  void send_attempt(call_attempt& attempt);
  void send(client_call_ptr call, const route& where);
  expected<http_request> write(client_call& call, const route& where, bool last);
  expected<incoming_reply> read(http_response&& response, dialect speaks,
                                std::string_view content_type);
  void failed(client_call_ptr call, const route& where, error why);
  /// Tells the balancer how the attempt under way has ended.
  void settle(client_call& call, discovery::call_result result);
  bool repeats_freely(client_call& call, const route& where, const error& why);
  bool may_repeat(client_call& call, const error& why, time_point at);
  bool has_other_node(const client_call& call);
  std::string target_text(const client_call& call, const route& where) const;
  void unroutable(client_call_ptr call, error why);
  bool wait_until_ready(const client_call_ptr& call, const error& why);
  void again(client_call_ptr call, std::chrono::nanoseconds wait);
  error timed_out(const client_call& call) const;
  void open_at(stream_opening_ptr what, const route& where);
  error unstreamable(const stream_opening& what, const route& where) const;
  void open_again(stream_opening_ptr what, error why);

  options options_;
  helpers helpers_;
  directory directory_;
  uint64_t next_id_ = 0;
  int depth_ = 0;
  bool closed_ = false;
  /// Empty without call wrappers: attempts are sent straight then.
  call_function steps_;
};

} // namespace mica::detail
