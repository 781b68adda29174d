// Streams that nobody would end before the server has to.

#pragma once

#include "health/health_board.hpp"
#include "mica/actors/context.hpp"
#include "mica/actors/stream.hpp"

#include <functional>
#include <memory>

namespace mica::detail {

/// Calls `then` at the home of `peer` when the server begins to stop, at once if it
/// does, unless the call has ended by then. A drain would wait for such a stream.
void until_stopping(const std::shared_ptr<health_board>& board, context& call,
                    const stream_ptr& peer, std::function<void()> then);

/// Calls `then` at the home of `peer` with every change in `list`, until the call has
/// ended. Calls that come faster than `then` runs are one.
/// @param then holds no copy of the stream, lest it never end.
void while_open(watch_list& list, context& call, const stream_ptr& peer,
                std::function<void()> then);

} // namespace mica::detail
