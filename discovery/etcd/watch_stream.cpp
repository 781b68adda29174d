// The part of the state that keeps the watch going.

#include "etcd/registry_state.hpp"

#include "registry/lease_book.hpp"

#include <utility>

namespace mica::discovery::etcd {

void registry_state::open_stream() {
  stream_ = stream::opening;
  stream_due_ = now() + options_.timeout;
  stream_ticket_ = 0;
  client_->when_ready([this](expected<void> ready) {
    // Given up meanwhile, or another try is under way.
    if (stream_ != stream::opening || stream_ticket_ != 0)
      return;
    if (!ready)
      return stream_ended(ready.error());
    begin_stream();
  });
}

void registry_state::begin_stream() {
  partial_.clear();
  stream_ticket_ =
      agent_->start(watch_request(), options_.timeout, fail_over::next_time,
                    [this](expected<http_answer> answer) {
                      stream_ticket_ = 0;
                      if (!answer)
                        return stream_ended(answer.error());
                      if (wants_token(*answer))
                        client_->forget_token();
                      auto failure = refused(*answer, agent_->url());
                      if (!failure)
                        failure = {errc::unavailable,
                                   "etcd at " + agent_->url() + " ended the watch"};
                      stream_ended(failure);
                    });
}

void registry_state::close_stream() {
  if (stream_ticket_ != 0)
    agent_->cancel(std::exchange(stream_ticket_, 0));
  stream_ = stream::closed;
  stream_due_ = now();
}

void registry_state::stream_ended(const mica::error& why) {
  close_stream();
  std::uniform_real_distribution<> distribution;
  auto pause = back_off(++stream_failures_, refresh_limits{}.longest_pause,
                        distribution(random_));
  stream_due_ = now() + std::chrono::duration_cast<time_point::duration>(pause);
  observe({errc::unavailable, why.detail});
  watched_.lose_all(now());
}

void registry_state::take_part(const http_part& x) {
  if (x.ticket != stream_ticket_ || stream_ticket_ == 0)
    return;
  partial_ += *x.bytes;
  size_t begin = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos;
       end = partial_.find('\n', begin)) {
    auto line = partial_.substr(begin, end - begin);
    begin = end + 1;
    if (!line.empty())
      take_line(line);
    // The line may have been the last one.
    if (stream_ticket_ == 0)
      return on_due();
  }
  partial_.erase(0, begin);
  if (partial_.size() > line_bytes)
    stream_ended({errc::unavailable, "etcd at " + agent_->url()
                                         + ": a line of the watch is longer than "
                                         + std::to_string(line_bytes) + " bytes"});
  on_due();
}

void registry_state::take_line(std::string_view line) {
  auto content = parse_watch_line(line);
  if (!content)
    return stream_ended(content.error());
  if (!content->end.empty()) {
    // The reason may be a token that is no longer good, in words only.
    client_->forget_token();
    return stream_ended({errc::unavailable, "etcd at " + agent_->url()
                                                + " ended the watch: " + content->end});
  }
  if (content->created) {
    stream_ = stream::open;
    stream_failures_ = 0;
    observe({});
    table_.all_changed(content->revision, now());
  }
  for (const auto& part : content->services)
    table_.changed(part, content->revision, now());
}

} // namespace mica::discovery::etcd
