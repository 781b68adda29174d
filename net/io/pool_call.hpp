// One exchange or stream of a pool, and the book that knows them all.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/pool.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

namespace mica::net {

class client_connection;
struct destination;

/// From its submission to its end.
struct pool_call {
  http_request request;
  time_point deadline{};
  /// Of an exchange.
  pool::done then;
  /// Of a stream; null for an exchange.
  std::unique_ptr<response_receiver> receiver;
  /// As its caller knows it.
  uint64_t number = 0;
  /// Null until it has been given a place in line or on a connection.
  destination* where = nullptr;
  /// Null while it waits in line.
  client_connection* carrier = nullptr;
  /// On its connection, over HTTP/2.
  int32_t stream = 0;
  /// Of a stream: we send no more.
  bool said_end = false;
};

/// A call is in exactly one list at a time: in line, or with its connection. Moving
/// it costs no memory.
using call_list = std::list<pool_call>;
using call_ref = call_list::iterator;

/// Numbers the calls of a pool and tells their outcome. Lives on the I/O lane.
///
/// Whoever is told may call the pool again, which may end other calls, and may be the
/// last to hold what it is itself part of. So receivers are destroyed only when none
/// is being called any more.
class call_book {
public:
  /// Keeps receivers alive for as long as one of them is being called.
  class telling {
  public:
    explicit telling(call_book& which) : book_(which) {
      ++book_.depth_;
    }
    telling(const telling&) = delete;
    telling& operator=(const telling&) = delete;
    ~telling() {
      if (--book_.depth_ == 0)
        book_.bury();
    }

  private:
    call_book& book_;
  };

  call_book();
  call_book(const call_book&) = delete;
  call_book& operator=(const call_book&) = delete;
  ~call_book();

  /// Puts a new call at the end of `line`.
  call_ref add(call_list& line, http_request&& request, time_point deadline);

  /// Null if the call has ended.
  const call_ref* find(uint64_t number) const;

  /// Ends the call in `from` with an outcome. Of a stream there is only the failure.
  void finish(call_list& from, call_ref which, expected<http_response> outcome);

  /// Ends the call in `from`; nobody hears of it.
  void drop(call_list& from, call_ref which);

  /// As `finish`, for an exchange, in two steps: what must be in order before its
  /// caller goes on is done between.
  pool::done take(call_list& from, call_ref which);
  void tell(pool::done then, expected<http_response> outcome);

  /// True while somebody is being told something.
  bool is_telling() const noexcept {
    return depth_ > 0;
  }

private:
  struct numbered {
    call_ref where;
    /// Of the next number: one that ended never means its successor.
    uint32_t generation = 1;
    bool used = false;
  };

  void retire(call_list& from, call_ref which);
  void bury() noexcept;

  std::vector<numbered> slots_;
  std::vector<uint32_t> free_slots_;
  /// Nodes for the next calls.
  call_list spare_;
  std::vector<std::unique_ptr<response_receiver>> dead_;
  size_t depth_ = 0;
};

} // namespace mica::net
