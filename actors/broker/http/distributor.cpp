#include "broker/http/distributor.hpp"

#include <algorithm>
#include <utility>

namespace mica::broker::http {

namespace {

constexpr auto broker_id = "go.micro.broker";

// The longest that a timer holds on to its actor.
constexpr std::chrono::seconds longest_timer{1};

} // namespace

distributor::distributor(const http_broker_options& options, bool secure, uint64_t seed)
  : outbox_(options, secure, seed) {
  // nop
}

void distributor::use(helpers what) {
  helpers_ = std::move(what);
}

void distributor::use(std::shared_ptr<net::pool> pool) {
  pool_ = std::move(pool);
}

void distributor::publish(std::vector<publication_ptr> what) {
  if (!std::exchange(watching_, true)) {
    helpers_.watch(std::string{v1_service});
    helpers_.watch(std::string{v2_service});
  }
  if (knows_all()) {
    for (auto& x : what)
      outbox_.publish(std::move(x), helpers_.now());
    return pump();
  }
  std::ranges::move(what, std::back_inserter(parked_));
  if (!knows_v1_ && !std::exchange(asking_v1_, true))
    helpers_.look_up(std::string{v1_service});
  if (!knows_v2_ && !std::exchange(asking_v2_, true))
    helpers_.look_up(std::string{v2_service});
}

void distributor::add(const announcement& what) {
  outbox_.add(what);
}

void distributor::remove(const std::string& id) {
  outbox_.remove(id, helpers_.now());
  pump();
}

void distributor::update(const discovery::snapshot& x) {
  auto left_out = outbox_.update(x, helpers_.now());
  if (left_out > 0 && !std::exchange(too_many_, true))
    helpers_.report(std::to_string(left_out) + " subscribers of " + x.service
                    + " get no events: more than "
                      "http_broker_options::known_subscribers");
  too_many_ = left_out > 0;
  // An empty one may only mean that the registry has not answered yet.
  if (!x.versions.empty())
    found(x.service);
  pump();
}

void distributor::not_found(const std::string& service, const error& why) {
  if (why.reason == errc::service_not_found)
    return found(service);
  (service == v1_service ? asking_v1_ : asking_v2_) = false;
  for (auto& x : std::exchange(parked_, {}))
    x->refuse(
        {errc::unavailable,
         "event on " + x->what().topic
             + ": its subscribers are not known, the registry fails: "
             + (why.detail.empty() ? std::string{to_string(why.reason)} : why.detail),
         broker_id});
}

void distributor::found(const std::string& service) {
  (service == v1_service ? knows_v1_ : knows_v2_) = true;
  if (!knows_all())
    return;
  for (auto& x : std::exchange(parked_, {}))
    outbox_.publish(std::move(x), helpers_.now());
  pump();
}

void distributor::tick() {
  armed_ = time_point::max();
  outbox_.tick(helpers_.now());
  pump();
}

void distributor::pump() {
  // The pool may answer from within.
  if (!pool_ || std::exchange(pumping_, true))
    return;
  auto now = helpers_.now();
  while (auto what = outbox_.next(now))
    send(std::move(*what));
  pumping_ = false;
  auto due = outbox_.due();
  if (due == time_point::max())
    return;
  due = std::min(due, now + longest_timer);
  if (due < armed_) {
    armed_ = due;
    helpers_.wake_at(due);
  }
}

void distributor::send(outbox::posting&& what) {
  const auto& to = *what.to;
  auto request = write_request(to.speaks, to.id, to.to.address, std::move(what.body));
  pool_->exchange(to.to, std::move(request), what.deadline,
                  [self = weak_from_this(),
                   number = what.number](expected<http_response> response) {
                    if (auto lives = self.lock())
                      lives->answered(number, std::move(response));
                  });
}

void distributor::answered(uint64_t number, expected<http_response> response) {
  auto outcome = response ? read_response(*response) : expected<void>{response.error()};
  outbox_.answered(number, outcome, helpers_.now());
  pump();
}

void distributor::close(const error& why) {
  for (auto& x : std::exchange(parked_, {}))
    x->refuse(why);
  outbox_.close(why);
  pool_ = nullptr;
}

} // namespace mica::broker::http
