// One call of Debug.Log.

#pragma once

#include "debug/log_ring.hpp"
#include "health/health_board.hpp"
#include "mica/actors/context.hpp"
#include "mica/actors/stream.hpp"
#include "mica/debug/debug.pb.h"

#include <memory>

namespace mica::detail {

/// Records that a follower is shown from before its call if it names no count, as Go
/// Micro's memory log does.
inline constexpr uint64_t followed_from = 10;

/// Sends the records that `request` asks for, as fast as the peer reads them; then ends
/// the stream, or goes on with new ones (`stream`) until the peer leaves or the server
/// stops. A follower that is slower than the log misses records and is told how many.
void send_log(const std::shared_ptr<log_ring>& log,
              const std::shared_ptr<health_board>& board, context& call,
              const debug::LogRequest& request, stream<void, debug::Record> peer);

} // namespace mica::detail
