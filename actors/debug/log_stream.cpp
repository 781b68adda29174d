#include "debug/log_stream.hpp"

#include "health/until_stopping.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mica::detail {

namespace {

using std::chrono::system_clock;

debug::Record to_message(const log_record& from) {
  debug::Record result;
  result.set_timestamp(system_clock::to_time_t(from.time));
  result.set_message(from.text);
  (*result.mutable_metadata())["level"] = from.level;
  return result;
}

// What the peer has got, and how to go on.
class log_stream {
public:
  log_stream(std::shared_ptr<log_ring> log, const stream_ptr& peer, uint64_t begin,
             std::optional<uint64_t> end)
    : log_(std::move(log)),
      peer_(peer),
      next_(begin),
      end_(end) {
    // nop
  }

  // Sends what there is while the peer takes it.
  void proceed() {
    auto core = peer_.lock();
    if (!core)
      return;
    stream<void, debug::Record> peer{std::move(core)};
    while (peer.writable()) {
      auto got = log_->read(next_);
      if (got.missed > 0 && !got.records.empty())
        peer.write(to_message({got.records.front().time, "warning",
                               std::to_string(got.missed)
                                   + " records are gone: the reader is too slow"}));
      auto number = got.next - got.records.size();
      for (const auto& record : got.records)
        if (!end_ || number++ < *end_)
          peer.write(to_message(record));
      next_ = got.next;
      if (end_ && next_ >= *end_)
        return peer.end();
      if (got.records.empty())
        return;
    }
  }

private:
  std::shared_ptr<log_ring> log_;
  std::weak_ptr<any_stream> peer_;
  uint64_t next_;
  /// Where to end; none for a follower.
  std::optional<uint64_t> end_;
};

// Far from what a time point can hold.
system_clock::time_point from_unix(int64_t seconds) {
  constexpr int64_t most = 200ll * 365 * 24 * 3600;
  return system_clock::time_point{
      std::chrono::seconds{std::clamp(seconds, -most, most)}};
}

} // namespace

void send_log(const std::shared_ptr<log_ring>& log,
              const std::shared_ptr<health_board>& board, context& call,
              const debug::LogRequest& request, stream<void, debug::Record> peer) {
  std::optional<uint64_t> count;
  if (request.count() > 0)
    count = static_cast<uint64_t>(request.count());
  else if (request.stream())
    count = followed_from;
  auto since = request.since() > 0 ? from_unix(request.since())
                                   : system_clock::time_point::min();
  std::optional<uint64_t> end;
  if (!request.stream())
    end = log->end();
  auto state =
      std::make_shared<log_stream>(log, peer.core(), log->first(count, since), end);
  // This is also who holds the stream while it is open.
  peer.on_writable([state, peer] { state->proceed(); });
  if (request.stream()) {
    while_open(log->watchers(), call, peer.core(), [state] { state->proceed(); });
    until_stopping(board, call, peer.core(), [weak = std::weak_ptr{peer.core()}] {
      if (auto core = weak.lock())
        core->end();
    });
  }
  state->proceed();
}

} // namespace mica::detail
