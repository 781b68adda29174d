#include "broker/http/post_office.hpp"

#include "runtime/uuid.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::broker::http {

namespace {

constexpr auto broker_id = "go.micro.broker";
constexpr auto micro_id = "Micro-Id";

std::string limit(size_t value, std::string_view name) {
  return std::to_string(value) + " (http_broker_options::" + std::string{name} + ")";
}

} // namespace

post_office::post_office(const http_broker_options& options) : options_(options) {
  // nop
}

error post_office::refusal(const event& what) const {
  if (!open_)
    return {errc::unavailable, "the broker is not connected", broker_id};
  if (what.topic.empty())
    return {errc::invalid_argument, "an event needs a topic", broker_id};
  if (what.body.size() > options_.event_bytes)
    return {errc::limit_exceeded,
            "event on " + what.topic + ": " + std::to_string(what.body.size())
                + " bytes, the limit is " + limit(options_.event_bytes, "event_bytes"),
            broker_id};
  size_t headers = 0;
  for (auto field : what.headers)
    headers += field.name.size() + field.value.size();
  if (headers > options_.header_bytes)
    return {errc::limit_exceeded,
            "event on " + what.topic + ": " + std::to_string(headers)
                + " bytes of headers, the limit is "
                + limit(options_.header_bytes, "header_bytes"),
            broker_id};
  return {};
}

void post_office::publish(event_ptr what, std::function<void(expected<void>)> done) {
  if (auto why = refusal(*what))
    return answer(done, std::move(why));
  // By its id a subscriber knows what comes again.
  if (!what->headers.contains(micro_id)) {
    auto with_id = std::make_shared<event>(*what);
    with_id->headers.add(micro_id, mica::detail::make_uuid());
    what = std::move(with_id);
  }
  auto bytes = what->body.size();
  if (!enter(bytes))
    return answer(done,
                  error{errc::overloaded,
                        "event on " + what->topic + ": no more than "
                            + limit(options_.unanswered_events, "unanswered_events")
                            + " events with "
                            + limit(options_.unanswered_bytes, "unanswered_bytes")
                            + " bytes may wait for their answers",
                        broker_id});
  auto publishing = std::make_shared<publication>(
      std::move(what), [self = shared_from_this(), bytes,
                        done = std::move(done)](expected<void> outcome) {
        self->leave(bytes);
        self->answer(done, std::move(outcome));
      });
  put([&](contents& to) { to.published.push_back(std::move(publishing)); });
}

void post_office::answer(const std::function<void(expected<void>)>& done,
                         expected<void> outcome) {
  if (done)
    return done(std::move(outcome));
  if (!outcome)
    put([&](contents& to) {
      ++to.lost;
      to.why_lost = std::move(outcome.error().detail);
    });
}

bool post_office::enter(size_t bytes) {
  auto events = ++events_;
  auto all = bytes_ += bytes;
  if (events <= options_.unanswered_events && all <= options_.unanswered_bytes)
    return true;
  leave(bytes);
  return false;
}

void post_office::leave(size_t bytes) {
  bytes_ -= bytes;
  --events_;
}

void post_office::settle(const settlement& what) {
  put([&](contents& to) { to.settled.push_back(what); });
}

template <class Put>
void post_office::put(Put how) {
  caf::actor whom;
  {
    std::lock_guard guard{mutex_};
    how(contents_);
    if (whom_ && !std::exchange(woken_, true))
      whom = whom_;
  }
  if (whom)
    caf::anon_send(whom, wake_atom::value);
}

void post_office::wake_up(caf::actor whom) {
  std::lock_guard guard{mutex_};
  whom_ = std::move(whom);
}

void post_office::set_open(bool open) {
  open_ = open;
}

post_office::contents post_office::take() {
  std::lock_guard guard{mutex_};
  woken_ = false;
  return std::exchange(contents_, {});
}

} // namespace mica::broker::http
