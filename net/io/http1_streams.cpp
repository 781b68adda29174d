#include "io/http1_streams.hpp"

#include "io/message_records.hpp"

#include "mica/codecs/mucp.hpp"

#include <algorithm>
#include <utility>

namespace mica::net {

namespace {

http_response refusal(const http_request& request, error why) {
  why.id = "mica.server";
  http_response result;
  result.fields = mucp::write_stream_end(mucp::style_of(request), why, {});
  return result;
}

} // namespace

http1_streams::http1_streams(connection_host& host, http1::server_session& session)
  : host_(host),
    session_(session) {
  // nop
}

bool http1_streams::any_open() const noexcept {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const entry& x) { return !x.over; });
}

http1_streams::entry* http1_streams::find(uint64_t number) noexcept {
  auto i = std::find_if(entries_.begin(), entries_.end(),
                        [number](const entry& x) { return x.number == number; });
  return i != entries_.end() ? &*i : nullptr;
}

// What a receiver throws ends the connection: HTTP/1.1 has no other way to say it, once
// messages were sent.
template <class F>
void http1_streams::tell(uint64_t number, F f) noexcept {
  auto* x = find(number);
  if (x == nullptr || !x->receiver)
    return;
  try {
    f(*x->receiver);
  } catch (...) {
    session_.close();
  }
}

// -- from the peer --------------------------------------------------------------------

bool http1_streams::take(http1::numbered_request& x) {
  auto name = mucp::stream_of(x.request.fields);
  if (name.empty())
    return false;
  auto said = mucp::read_stream_fields(x.request.fields).error;
  auto i = std::find_if(entries_.begin(), entries_.end(),
                        [name](const entry& known) { return known.name == name; });
  if (i != entries_.end()) {
    session_.forgo(x.sequence);
    deliver(*i, x.request, !said.empty());
    return true;
  }
  // Clients say so to a server that has ended the stream before.
  if (said == mucp::end_of_stream) {
    session_.forgo(x.sequence);
    return true;
  }
  return open(x, name);
}

bool http1_streams::make_room() {
  if (entries_.size() < host_.core->limits.connection_streams)
    return true;
  auto oldest = std::find_if(entries_.begin(), entries_.end(),
                             [](const entry& x) { return x.over; });
  if (oldest == entries_.end())
    return false;
  entries_.erase(oldest);
  return true;
}

bool http1_streams::open(http1::numbered_request& x, std::string_view name) {
  auto number = x.sequence;
  auto& core = *host_.core;
  if (core.draining) {
    session_.respond(number, refusal(x.request, {errc::unavailable,
                                                 "the service is being stopped"}));
    return true;
  }
  if (!make_room()) {
    session_.respond(number,
                     refusal(x.request, {errc::overloaded,
                                         std::to_string(core.limits.connection_streams)
                                             + " streams are open on this connection "
                                               "(http_limits::connection_streams)"}));
    return true;
  }
  // Before the handler is asked, which may say something on it at once.
  entries_.push_back(
      {std::string{name},
       number,
       {core.limits.stream_input_bytes, core.limits2.stream_output_bytes}});
  std::unique_ptr<stream_receiver> receiver;
  try {
    receiver = core.handler->on_stream(x.request, {host_.self, number}, host_.peer);
  } catch (...) {
    session_.close();
    return true;
  }
  if (!receiver) {
    std::erase_if(entries_, [number](const entry& y) { return y.number == number; });
    return false;
  }
  session_.forgo(number);
  ++core.stats.requests;
  auto* added = find(number);
  if (added != nullptr && !added->over)
    added->receiver = std::move(receiver);
  else
    removed_.push_back(std::move(receiver));
  return true;
}

void http1_streams::deliver(entry& to, http_request& message, bool last) {
  auto number = to.number;
  if (to.over) {
    if (last)
      std::erase_if(entries_, [number](const entry& x) { return x.number == number; });
    return;
  }
  if (to.input_ended)
    return;
  if (last) {
    to.input_ended = true;
    return tell(number,
                [&](stream_receiver& x) { x.on_end(std::move(message.fields)); });
  }
  auto record = make_record(message.body);
  to.flow.came(record.size());
  tell(number, [&](stream_receiver& x) { x.on_data(record); });
  look_at_input();
}

void http1_streams::look_at_input() {
  session_.hold(std::any_of(entries_.begin(), entries_.end(),
                            [](const entry& x) { return !x.over && x.flow.held(); }));
}

void http1_streams::lose() noexcept {
  const error why{errc::connection_lost,
                  "the connection to " + host_.peer.remote + " ended"};
  // One after the other: whoever is told may end others.
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (std::exchange(entries_[i].over, true))
      continue;
    auto receiver = std::move(entries_[i].receiver);
    if (!receiver)
      continue;
    try {
      receiver->on_reset(why);
    } catch (...) {
      // It is destroyed next: nothing is left to protect.
    }
    removed_.push_back(std::move(receiver));
  }
}

// -- from the handler -----------------------------------------------------------------

void http1_streams::apply(uint64_t number, stream_command&& what) {
  auto* x = find(number);
  if (x == nullptr || x->over)
    return;
  if (auto* begin = std::get_if<head_command>(&what)) {
    x->fields = std::move(begin->head.fields);
  } else if (auto* messages = std::get_if<data_command>(&what)) {
    send(*x, messages->bytes);
  } else if (auto* taken = std::get_if<consumed_command>(&what)) {
    x->flow.taken(taken->bytes);
    look_at_input();
  } else if (auto* end = std::get_if<end_command>(&what)) {
    session_.send(end->trailers, {});
    finish(*x);
  } else if (std::holds_alternative<reset_command>(what)) {
    finish(*x);
    session_.close();
  }
}

void http1_streams::send(entry& from, std::string_view records) {
  auto bytes = records.size();
  std::string_view body;
  while (next_record(records, body))
    session_.send(from.fields, body);
  from.flow.wrote(bytes);
  departures_.add(from.number, bytes, session_.output_size());
}

void http1_streams::finish(entry& which) {
  which.over = true;
  which.fields.clear();
  if (which.receiver)
    removed_.push_back(std::move(which.receiver));
  if (which.input_ended) {
    auto number = which.number;
    std::erase_if(entries_, [number](const entry& x) { return x.number == number; });
  }
  look_at_input();
  if (host_.core->draining && !any_open())
    session_.drain();
}

// -- output ---------------------------------------------------------------------------

void http1_streams::sent(size_t bytes) {
  departures_.sent(bytes, [this](uint64_t number, size_t gone) {
    auto* x = find(number);
    if (x == nullptr || x->over)
      return;
    auto writable = x->flow.left(gone);
    tell(number, [gone](stream_receiver& to) { to.on_written(gone); });
    if (writable)
      tell(number, [](stream_receiver& to) { to.on_writable(); });
  });
}

void http1_streams::bury() noexcept {
  // What is destroyed may end further streams.
  while (!removed_.empty())
    std::exchange(removed_, {}).clear();
}

} // namespace mica::net
