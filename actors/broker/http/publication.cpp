#include "broker/http/publication.hpp"

#include <utility>

namespace mica::broker::http {

namespace {

// Subscribers that an error names; the rest is counted.
constexpr size_t most_named = 4;

// Bytes of one subscriber's reason.
constexpr size_t most_text = 256;

// The reasons that publish promises.
errc outward(errc reason) {
  switch (reason) {
    case errc::timeout:
    case errc::overloaded:
    case errc::limit_exceeded:
      return reason;
    default:
      return errc::unavailable;
  }
}

std::string reason_of(const error& why) {
  auto text = why.detail.empty() ? std::string{to_string(why.reason)} : why.detail;
  if (text.size() > most_text)
    text.resize(most_text);
  return text;
}

} // namespace

publication::publication(event_ptr what, publish_done done)
  : what_(std::move(what)),
    done_(std::move(done)),
    v2_body_(write_body(*what_, generation::v2)) {
  // nop
}

const std::string& publication::body(generation to) {
  if (to == generation::v2)
    return v2_body_;
  if (v1_body_.empty())
    v1_body_ = write_body(*what_, generation::v1);
  return v1_body_;
}

void publication::expect(size_t answers, time_point deadline) noexcept {
  expected_ = answers;
  open_ = answers;
  deadline_ = deadline;
  if (open_ == 0)
    finish();
}

void publication::taken() {
  if (!over_ && --open_ == 0)
    finish();
}

void publication::missed(const std::string& who, const error& why) {
  if (over_)
    return;
  if (reason_ == errc::none)
    reason_ = outward(why.reason);
  if (named_.size() < most_named)
    named_.push_back(who + ": " + reason_of(why));
  ++missed_;
  if (--open_ == 0)
    finish();
}

void publication::end(const error& why) {
  if (over_)
    return;
  reason_ = outward(why.reason);
  missed_ += std::exchange(open_, 0);
  named_.push_back(reason_of(why));
  finish();
}

void publication::refuse(error why) {
  over_ = true;
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(why));
}

error publication::summary() const {
  auto text = "event on " + what_->topic + ": " + std::to_string(missed_) + " of "
              + std::to_string(expected_) + " subscribers did not get it";
  auto separator = ": ";
  for (const auto& x : named_) {
    text += std::exchange(separator, "; ") + x;
  }
  if (missed_ > named_.size() && named_.size() >= most_named)
    text += "; and more";
  return {reason_, std::move(text), "go.micro.broker"};
}

void publication::finish() {
  over_ = true;
  if (auto done = std::exchange(done_, nullptr))
    done(reason_ == errc::none ? expected<void>{} : expected<void>{summary()});
}

} // namespace mica::broker::http
