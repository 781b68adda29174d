// How client_side begins calls with a stream.

#include "client/client_side.hpp"
#include "server/pending_call.hpp"
#include "stream/caller_home.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>

#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

// A time after which nobody waits; longer ones count as none.
constexpr std::chrono::nanoseconds year = std::chrono::hours{24 * 365};

// What wrappers look at, until the stream is over.
struct wrapped_stream {
  client_request request;
  std::unique_ptr<google::protobuf::Message> copy;
};

} // namespace

std::shared_ptr<stream_home> client_side::home_of(const caller& from) const {
  if (from.parent_)
    return std::make_shared<actor_home>(from.parent_->shell);
  if (!from.run_)
    return std::make_shared<lane_home>(
        bridge_.client().actor()->home_system().middleman().backend());
  auto home = std::make_shared<continuation_home>(
      [run = from.run_, bridge = bridge_](caller::start begin) {
        run(bridge, std::move(begin));
      });
  return home->arm() ? home : nullptr;
}

void client_side::shorten(client_request& request,
                          std::chrono::nanoseconds otherwise) const {
  auto& parent = request.from.parent_;
  if (!parent || !parent->deadline)
    return;
  // A handler's calls can't outlive what its own caller waits for.
  auto left = std::max<std::chrono::nanoseconds>(*parent->deadline - now_(),
                                                 std::chrono::nanoseconds{0});
  request.options.deadline =
      std::min(left, request.options.deadline.value_or(otherwise));
}

stream_ptr client_side::open(const std::string& service,
                             const method_descriptor& method,
                             const google::protobuf::Message* request,
                             const call_options& options, caller from,
                             std::shared_ptr<stream_home> home) const {
  if (!home)
    home = home_of(from);
  if (!home)
    return failed_stream({errc::unavailable, "the client was stopped", client_id});
  auto type = options.content_type.empty() ? outgoing_call{}.content_type
                                           : options.content_type;
  const auto* entry = types_->find(type);
  if (!entry)
    return failed_stream({errc::unsupported_content_type,
                          "no codec for " + type + "; there are " + types_->names(),
                          "go.micro.client.codec"});
  auto wishes = wishes_of(options);
  if (!wishes)
    return failed_stream(std::move(wishes.error()));
  // What never reached a handler may be tried again whatever the rule, but for never.
  auto rule = options.retry.value_or(defaults_.rule);
  auto again = rule == retry_rule::never
                   ? 0
                   : std::max(options.retries.value_or(defaults_.retries), 1);
  auto stream = std::make_shared<client_stream>(
      client_terms{*entry->body, wishes->compression,
                   bridge_.client().limits().message_bytes},
      std::move(home), defaults_.streams, method.kind,
      wishes->wait_for_ready ? std::numeric_limits<int>::max() : 1 + again);
  if (message_chain_)
    stream->wrap(std::make_unique<message_steps>(message_chain_, service,
                                                 std::string{method.endpoint}, false));
  auto state = std::make_shared<wrapped_stream>();
  state->request = {service,         std::string{method.endpoint},
                    &method,         method.request,
                    nullptr,         options,
                    std::move(from), stream};
  if (request != nullptr) {
    if (auto ok = stream->set_request(*request); !ok)
      return failed_stream(std::move(ok.error()));
    // A wrapper may look at it after this function has returned.
    state->copy.reset(wrapped_ ? request->New() : nullptr);
    if (wrapped_)
      state->copy->CopyFrom(*request);
    state->request.request = wrapped_ ? state->copy.get() : request;
  }
  if (auto& parent = state->request.from.parent_) {
    shorten(state->request, year);
    if (!parent->answered())
      parent->on_cancel(stream, [weak = std::weak_ptr{stream}] {
        if (auto s = weak.lock())
          s->cancel();
      });
  }
  auto handle = stream->make_handle();
  auto done = [state](expected<void> outcome) {
    // A wrapper that answers by itself ends the stream; else it is over already.
    auto answered = std::exchange(state->request.stream, nullptr);
    if (!outcome && answered)
      answered->refuse(outcome.error());
  };
  if (wrapped_)
    chain_(state->request, std::move(done));
  else
    start_stream(state->request, std::move(done));
  return handle;
}

void client_side::start_stream(client_request& request, call_done done) const {
  auto& stream = request.stream;
  if (!stream || stream->begun())
    return done(
        error{errc::conflict, "a call with a stream can't be made twice", client_id});
  auto opening = std::make_shared<stream_opening>();
  opening->request.service = request.service;
  opening->request.endpoint = request.endpoint;
  if (!request.options.content_type.empty())
    opening->request.content_type = request.options.content_type;
  auto wishes = wishes_of(request.options);
  if (!wishes)
    return done(std::move(wishes.error()));
  // What mucp opens a stream with, for the server to throw away.
  const auto* type = types_->find(opening->request.content_type);
  if (type && type->envelope == framing::none)
    if (auto ok = type->body->encode(*request.method->request, opening->request.body);
        !ok)
      return done(std::move(ok.error()));
  opening->wishes = *wishes;
  opening->request.package = request.method->package;
  opening->request.headers = request.options.headers;
  opening->request.from = defaults_.from;
  opening->address = request.options.address;
  opening->deadline = request.options.deadline && *request.options.deadline < year
                          ? now_() + *request.options.deadline
                          : std::chrono::steady_clock::time_point::max();
  stream->begin(
      [opening, client = bridge_.client()](const std::shared_ptr<client_stream>& x) {
        auto what = std::make_shared<stream_opening>(*opening);
        what->stream = x;
        client.open(std::move(what));
      },
      [done = std::move(done)](const error& why) {
        done(why ? expected<void>{why} : expected<void>{});
      });
}

} // namespace mica::detail
