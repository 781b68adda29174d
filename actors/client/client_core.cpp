#include "client/client_core.hpp"

#include "client/retry.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/codecs/mucp.hpp"
#include "stream/client_stream.hpp"

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

const error stopped{errc::unavailable, "the client was stopped", client_id};

bool is_grpc(dialect x) noexcept {
  return x == dialect::grpc || x == dialect::grpc_go_micro;
}

mucp::dialect mucp_of(dialect x) noexcept {
  return x == dialect::mucp_legacy ? mucp::dialect::legacy : mucp::dialect::current;
}

// A path of the file system is no name of a host.
std::string_view host_of(const net::target& to) noexcept {
  return to.address.starts_with("unix:") ? std::string_view{"localhost"} : to.address;
}

grpc::dialect grpc_of(dialect x) noexcept {
  return x == dialect::grpc_go_micro ? grpc::dialect::go_micro
                                     : grpc::dialect::standard;
}

directory::request request_of(const client_call& call) {
  return {call.wishes.key, call.wishes.filters, call.tried};
}

} // namespace

client_core::client_core(options what, uint64_t seed)
  : options_(std::move(what)),
    directory_(options_.directory, seed) {
  // nop
}

void client_core::use(helpers what) {
  directory_.use(std::move(what.registry));
  helpers_ = std::move(what);
  if (options_.call_wrappers.empty())
    return;
  steps_ = [this, self = weak_from_this()](call_attempt& x) {
    // Within the steps this is alive; later, who held the attempt may outlive it.
    if (x.in_steps_)
      send_attempt(x);
    else if (auto core = self.lock())
      core->send_attempt(x);
  };
  // The first listed becomes the outermost.
  auto& wrappers = options_.call_wrappers;
  for (auto i = wrappers.rbegin(); i != wrappers.rend(); ++i)
    steps_ = (*i)(std::move(steps_));
}

void client_core::begin(client_call_ptr call) {
  ++depth_;
  call->request.id = next_id_++;
  route_call(std::move(call));
  --depth_;
}

void client_core::route_call(client_call_ptr call) {
  if (closed_)
    return call->finish(stopped);
  if (helpers_.now() >= call->deadline)
    return call->finish(timed_out(*call));
  const auto choice = call->wishes.protocol == protocol_choice::automatic
                          ? options_.protocol
                          : call->wishes.protocol;
  if (!call->address.empty())
    return attempt(call, route_to(call->address, choice, options_.secure), nullptr);
  auto go_on = [this, choice](client_call_ptr what, directory::found_node x) {
    if (!x)
      return unroutable(std::move(what), std::move(x.error()));
    auto where = route_to(*(*x)->where, choice, options_.secure);
    attempt(std::move(what), where, std::move(*x));
  };
  auto what = request_of(*call);
  if (auto found = directory_.pick(call->request.service, what, helpers_.now()))
    return go_on(std::move(call), std::move(*found));
  auto service = call->request.service;
  auto deadline = call->deadline;
  directory_.wait(service, what, deadline,
                  [go_on, call = std::move(call)](directory::found_node x) {
                    go_on(call, std::move(x));
                  });
}

void client_core::choose(route_query query, std::function<void(expected<route>)> then) {
  if (closed_)
    return then(stopped);
  auto choice =
      query.protocol == protocol_choice::automatic ? options_.protocol : query.protocol;
  if (!query.address.empty())
    return then(route_to(std::move(query.address), choice, options_.secure));
  auto finish = [then = std::move(then), choice,
                 secure = options_.secure](directory::found_node x) {
    if (x)
      then(route_to(*(*x)->where, choice, secure));
    else
      then(std::move(x.error()));
  };
  directory::request what{query.key, query.filters, query.tried};
  if (auto found = directory_.pick(query.service, what, helpers_.now()))
    return finish(std::move(*found));
  auto kept = std::make_shared<const route_query>(std::move(query));
  directory_.wait(kept->service, {kept->key, kept->filters, kept->tried},
                  kept->deadline,
                  [finish, kept](directory::found_node x) { finish(std::move(x)); });
}

expected<http_request> client_core::write(client_call& call, const route& where,
                                          bool last) {
  call.request.timeout = call.deadline - helpers_.now();
  auto host = host_of(where.to);
  if (is_grpc(where.speaks)) {
    auto peer = grpc_of(where.speaks);
    auto bound = options_.limits.message_bytes;
    auto coding = call.wishes.compression;
    // Kept for a repetition; the last attempt gives it away.
    return last
               ? grpc::write_request(std::move(call.request), host, peer, coding, bound)
               : grpc::write_request(std::as_const(call.request), host, peer, coding,
                                     bound);
  }
  auto content = last ? std::move(call.request) : call.request;
  return mucp::write_request(std::move(content), host, mucp_of(where.speaks),
                             *options_.types);
}

expected<incoming_reply> client_core::read(http_response&& response, dialect speaks,
                                           std::string_view content_type) {
  if (is_grpc(speaks))
    return grpc::read_reply(std::move(response), options_.limits.message_bytes);
  return mucp::read_reply(std::move(response), mucp_of(speaks), content_type,
                          *options_.types);
}

void client_core::cancel(client_call& call, error why) {
  if (!call.done)
    return;
  if (call.exchange != 0)
    options_.pool->cancel(std::exchange(call.exchange, 0));
  call.attempt.end(why, helpers_.now());
  settle(call, result_of(why));
  call.finish(std::move(why));
}

void client_core::open(stream_opening_ptr what) {
  route_query query{what->request.service, what->address,  what->wishes.protocol,
                    *what->tried,          what->deadline, what->wishes.filters,
                    what->wishes.key};
  // A server that mica or Go Micro v2 made speaks gRPC, where both halves end alone: an
  // address alone means that for streams.
  if (query.protocol == protocol_choice::automatic && !query.address.empty()
      && options_.protocol == protocol_choice::automatic)
    query.protocol = protocol_choice::grpc;
  choose(std::move(query), [self = weak_from_this(), what](expected<route> where) {
    auto core = self.lock();
    if (!core)
      return;
    // Who waits for a node and was refused by one does not ask all the time.
    if (where && what->wishes.wait_for_ready && what->tried->size() > 1)
      where = error{errc::none_available, "no node took the stream", client_id};
    if (where)
      core->open_at(what, *where);
    else
      core->open_again(what, std::move(where.error()));
  });
}

void client_core::open_at(stream_opening_ptr what, const route& where) {
  auto stream = std::exchange(what->stream, nullptr);
  if (!stream)
    return;
  if (auto why = unstreamable(*what, where))
    return stream->refuse(why);
  what->tried->push_back(where.to.address);
  constexpr auto never = time_point::max();
  auto left = what->deadline == never ? std::chrono::nanoseconds{0}
                                      : what->deadline - helpers_.now();
  // Zero would mean none.
  what->request.timeout =
      what->deadline == never
          ? left
          : std::max<std::chrono::nanoseconds>(left, std::chrono::nanoseconds{1});
  if (!is_grpc(where.speaks)) {
    what->request.id = next_id_++;
    auto first = mucp::write_stream_request(std::move(what->request), host_of(where.to),
                                            *options_.types);
    options_.pool->open(where.to, std::move(first), what->deadline,
                        stream->make_receiver(stream_protocol::mucp));
    return;
  }
  auto head = grpc::write_head(what->request, host_of(where.to), grpc_of(where.speaks),
                               what->wishes.compression);
  options_.pool->open(where.to, std::move(head), what->deadline,
                      stream->make_receiver());
}

error client_core::unstreamable(const stream_opening& what, const route& where) const {
  auto refused = what.request.endpoint + " at " + where.to.address + ": ";
  if (where.speaks == dialect::mucp_legacy)
    return {errc::unimplemented,
            refused
                + "the node announces no protocol, and such nodes know no streams; say "
                  "--client=grpc if it speaks that",
            client_id};
  const auto* type = options_.types->find(what.request.content_type);
  if (where.speaks == dialect::mucp && type && type->envelope != framing::none)
    return {errc::unsupported_content_type,
            refused + what.request.content_type
                + " has an envelope for each call and none for messages of streams: "
                  "call it by application/protobuf or application/json",
            client_id};
  return {};
}

void client_core::open_again(stream_opening_ptr what, error why) {
  auto now = helpers_.now();
  if (!closed_ && what->stream && what->wishes.wait_for_ready && nobody_there(why)
      && now < what->deadline) {
    what->tried->clear();
    auto wait = std::min<std::chrono::nanoseconds>(ready_wait(what->waits++),
                                                   what->deadline - now);
    helpers_.later(wait, [self = weak_from_this(), what] {
      if (auto core = self.lock())
        core->open(what);
    });
    return;
  }
  if (auto stream = std::exchange(what->stream, nullptr))
    stream->refuse(why);
}

void client_core::close() {
  closed_ = true;
  directory_.close(stopped);
  // Attempts that wrappers hold go with them, and their calls fail.
  auto steps = std::exchange(steps_, nullptr);
}

} // namespace mica::detail
