// Answers on their way to the I/O lane.

#pragma once

#include "mica/net/request_handler.hpp"

#include <caf/io/network/multiplexer.hpp>

#include <atomic>
#include <memory>

namespace mica::net {

/// Collects answers from any thread and hands them to their connections on the lane.
///
/// A message per answer would cost the sender a write to CAF's pipe and the lane a
/// read and a round of its loop. Here only the first answer since the lane's last
/// look wakes it, and every connection writes what it got in one go.
class reply_inbox : public std::enable_shared_from_this<reply_inbox> {
public:
  explicit reply_inbox(caf::io::network::multiplexer& lane);
  reply_inbox(const reply_inbox&) = delete;
  reply_inbox& operator=(const reply_inbox&) = delete;
  ~reply_inbox();

  /// @pre `to.connection` is a `server_connection`. Thread-safe.
  void push(const reply_address& to, http_response&& response);

private:
  struct entry {
    entry* next;
    reply_address to;
    http_response response;
  };

  /// Takes all entries, oldest first.
  entry* take_all();
  void deliver();

  caf::io::network::multiplexer& lane_;
  std::atomic<entry*> newest_{nullptr};
};

} // namespace mica::net
