// Where events come from whose rate counts.

#pragma once

#include "mica/actors/event.hpp"

#include <cstddef>
#include <memory>

namespace mica {

/// The storage that each publishing thread uses again, and never frees before it ends.
struct event_reuse {
  /// Events. More at once come from the heap and go there.
  static constexpr size_t events = 4'096;
  /// Bytes of the body, and of the headers. Of larger ones the text is freed.
  static constexpr size_t bytes = 1'024;
};

/// Returns an empty event to fill and publish: as `std::make_shared<event>()`, but in
/// the storage of one that this thread made before and that is gone, with what its
/// strings had allocated. An event is made here and ends at its subscriber; the heap
/// would take a lock for each of its five blocks to bring them back. Any thread.
std::shared_ptr<event> new_event();

} // namespace mica
