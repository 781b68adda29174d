// Which answers a connection owes, in the order of its requests.

#pragma once

#include "http1/message_writer.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace mica::net::http1 {

/// A line of requests that wait for their answers. An answer that comes before its
/// turn is parked.
class answer_order {
public:
  /// Appends a request; returns its sequence: 0, 1, 2, ...
  uint64_t add(response_style style);

  /// The answer that is due is that of `sequence`.
  bool is_next(uint64_t sequence) const noexcept {
    return sequence == first_sequence_ && !empty() && !owed_[first_].early;
  }

  /// Keeps an answer for its turn; ignores unknown and answered sequences.
  void park(uint64_t sequence, http_response&& response);

  /// Says that this request gets no answer; ignores unknown and answered sequences.
  /// `drop_forgone` must follow.
  void forgo(uint64_t sequence);

  /// Removes what is due and gets no answer.
  void drop_forgone();

  /// Takes the parked answer that is due, if it is there. `take_front` must follow.
  bool unpark(http_response& out);

  /// Removes the first request. @pre `!empty()`
  response_style take_front();

  /// Forgets all requests: their answers are ignored.
  void clear() noexcept;

  size_t size() const noexcept {
    return owed_.size() - first_;
  }

  bool empty() const noexcept {
    return size() == 0;
  }

private:
  struct owed {
    response_style style;
    std::unique_ptr<http_response> early;
    bool forgone = false;
  };

  std::vector<owed> owed_;
  size_t first_ = 0;
  /// Sequence of `owed_[first_]`.
  uint64_t first_sequence_ = 0;
};

} // namespace mica::net::http1
