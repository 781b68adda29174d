#include "io/client_connection.hpp"

#include "io/lane_atoms.hpp"
#include "io/pump.hpp"

#include "mica/net/init_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

using caf::io::connection_closed_msg;
using caf::io::connection_handle;
using caf::io::new_data_msg;
using caf::io::receive_policy;

// One dead address of several must not use up all the time to dial.
constexpr auto least_attempt = std::chrono::seconds{2};

} // namespace

connection_owner::~connection_owner() {
  // nop
}

client_connection& client_connection::spawn(caf::actor_system& system, setup what) {
  caf::actor_config cfg{&system.middleman().backend()};
  auto spawned = system.spawn_class<client_connection, caf::no_spawn_options>(
      cfg, std::move(what));
  auto& result =
      *static_cast<client_connection*>(caf::actor_cast<caf::abstract_actor*>(spawned));
  result.self_ = std::move(spawned);
  return result;
}

client_connection::client_connection(caf::actor_config& cfg, setup what)
  : net_broker(cfg),
    setup_(std::move(what)),
    session_(setup_.limits),
    window_(setup_.limits) {
  // nop
}

client_connection::~client_connection() {
  // nop
}

const char* client_connection::name() const {
  return "client-connection";
}

caf::behavior client_connection::make_behavior() {
  init_actor(this);
  return {
      [this](new_data_msg& x) { on_data(x.buf); },
      [this](const connection_closed_msg&) { on_closed(); },
      [this](writable_atom, connection_handle which) { on_writable(which); },
      [this](end_atom) {
        close(handle_);
        quit();
      },
  };
}

bool client_connection::cleanup(caf::error&& reason, caf::execution_unit* host) {
  stage_ = stage::ended;
  if (current_)
    fail({errc::unavailable, "the connection to " + setup_.name + " was shut down"});
  if (setup_.owner)
    std::exchange(setup_.owner, nullptr)->on_ended(*this);
  self_ = nullptr;
  return net_broker::cleanup(std::move(reason), host);
}

// -- dialling -------------------------------------------------------------------

void client_connection::dial(exchange&& what, time_point now, time_point until) {
  made = now;
  dial_until_ = std::min(until, what.deadline);
  session_.send(std::move(what.request));
  current_.emplace(std::move(what));
  stage_ = stage::dialling;
  try_next(now);
}

void client_connection::try_next(time_point now) {
  while (next_address_ < setup_.addresses.size() && now < dial_until_) {
    auto left = setup_.addresses.size() - next_address_;
    auto handle = setup_.sockets->connect(*this, setup_.addresses[next_address_]);
    if (!handle) {
      give_up_attempt(handle.error().detail);
      continue;
    }
    handle_ = *handle;
    auto rest = dial_until_ - now;
    auto share = std::max<time_point::duration>(rest / left, least_attempt);
    due = now + std::min(rest, share);
    if (setup_.sockets->notify_writable(*this, handle_))
      return;
    setup_.sockets->abort(*this, handle_);
    give_up_attempt("too many open files");
  }
  fail_dial();
}

void client_connection::give_up_attempt(const std::string& why) {
  const auto& address = setup_.addresses[next_address_++];
  if (!attempts_.empty())
    attempts_ += ", ";
  if (address != setup_.name)
    attempts_ += address + ": ";
  attempts_ += why;
}

void client_connection::fail_dial() {
  fail({errc::connection_failed, "no connection to " + setup_.name + ": " + attempts_});
  end_soon(true);
}

void client_connection::on_writable(connection_handle which) {
  if (which != handle_ || stage_ == stage::ended)
    return;
  if (stage_ == stage::dialling) {
    auto state = setup_.sockets->connected(*this, handle_);
    if (!state) {
      close(handle_);
      give_up_attempt(state.error().detail);
      return try_next(clock().now());
    }
    if (!*state) {
      // Meant for an earlier socket with the same number.
      setup_.sockets->notify_writable(*this, handle_);
      return;
    }
    stage_ = stage::busy;
    due = current_->deadline;
    configure_read(handle_, receive_policy::at_most(window_.size()));
  }
  blocked_ = false;
  write();
}

// -- exchanges ------------------------------------------------------------------

void client_connection::start(exchange&& what) {
  due = what.deadline;
  session_.send(std::move(what.request));
  current_.emplace(std::move(what));
  stage_ = stage::busy;
  sent_ = false;
  write();
}

bool client_connection::usable(bool trusted) {
  return stage_ == stage::idle && valid(handle_)
         && (trusted || setup_.sockets->quiet(*this, handle_));
}

void client_connection::write() {
  if (blocked_)
    return;
  auto result = pump(*setup_.sockets, *this, handle_, session_, sent_);
  if (result == pump_result::drained)
    return;
  blocked_ = true;
  // A peer that reads no more may have answered; reading tells how this ends.
  if (result == pump_result::blocked
      && !setup_.sockets->notify_writable(*this, handle_)) {
    fail({errc::connection_lost, setup_.name + ": too many open files"});
    end_soon(true);
  }
}

void client_connection::on_data(std::vector<char>& buffer) {
  if (stage_ == stage::ended)
    return;
  auto before = window_.size();
  auto got = buffer.size();
  session_.receive({buffer.data(), got});
  auto changed = window_.update(session_.in_body(), got);
  settle();
  if (!changed || !valid(handle_))
    return;
  // CAF takes this vector back and shrinks its size only, never its capacity.
  if (window_.size() < before)
    std::vector<char>{}.swap(buffer);
  configure_read(handle_, receive_policy::at_most(window_.size()));
}

void client_connection::on_closed() noexcept {
  try {
    if (stage_ == stage::busy) {
      session_.receive_eof();
      settle();
    }
    stage_ = stage::ended;
    quit();
  } catch (...) {
    quit(caf::make_error(caf::sec::runtime_error));
  }
}

void client_connection::settle() {
  if (auto outcome = session_.take())
    return finish(std::move(*outcome));
  if (stage_ == stage::idle && session_.finished())
    end_soon(false);
}

void client_connection::finish(expected<http_response> outcome) {
  if (!outcome) {
    auto why = std::move(outcome.error());
    if (why.reason == errc::connection_lost && !sent_)
      why = {errc::connection_failed, "the connection ended before the request left"};
    why.detail = setup_.name + ": " + why.detail;
    fail(std::move(why));
    return end_soon(true);
  }
  if (current_)
    std::exchange(current_, std::nullopt)->succeed(std::move(*outcome));
  if (session_.finished() || !session_.ready() || !valid(handle_))
    return end_soon(false);
  stage_ = stage::idle;
  setup_.owner->on_idle(*this);
}

void client_connection::fail(error why) {
  if (current_)
    std::exchange(current_, std::nullopt)->fail(std::move(why));
}

// -- the end --------------------------------------------------------------------

void client_connection::expire(time_point now) {
  due = time_point::max();
  switch (stage_) {
    case stage::dialling:
      setup_.sockets->abort(*this, handle_);
      if (now >= current_->deadline)
        return shut_down({errc::timeout, "no connection to " + setup_.name
                                             + " when the call's deadline passed"});
      give_up_attempt("no answer in time");
      return try_next(now);
    case stage::busy:
      return shut_down({errc::timeout, "no response from " + setup_.name
                                           + " when the call's deadline passed"});
    default:
      end_soon(false);
  }
}

void client_connection::shut_down(error why) {
  fail(std::move(why));
  end_soon(stage_ != stage::idle);
}

// Our owner calls us outside of our own messages, where CAF sees no `quit`.
void client_connection::end_soon(bool reset) {
  if (std::exchange(stage_, stage::ended) == stage::ended)
    return;
  due = time_point::max();
  if (valid(handle_)) {
    if (reset)
      setup_.sockets->abort(*this, handle_);
    else
      close(handle_);
  }
  caf::anon_send(this, end_atom::value);
}

} // namespace mica::net
