// wrapper-cost KIND EMPTY CALLS: makes calls past an empty wrapper of that kind (EMPTY
// 1) or without one (EMPTY 0), in one thread, and prints how often memory was
// allocated. wrapper_cost.sh runs it under callgrind: the difference is what the
// wrapper costs.

#include "client/client_core.hpp"
#include "client/client_side.hpp"
#include "server/handler_core.hpp"
#include "stream/caller_home.hpp"
#include "stream/client_stream.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <cstdlib>
#include <iostream>
#include <new>
#include <string>

namespace {

size_t allocations = 0;

} // namespace

void* operator new(size_t size) {
  ++allocations;
  if (auto* result = std::malloc(size))
    return result;
  throw std::bad_alloc{};
}

void operator delete(void* what) noexcept {
  std::free(what);
}

void operator delete(void* what, size_t) noexcept {
  std::free(what);
}

namespace {

using namespace mica;
using namespace mica::detail;
using note = google::protobuf::StringValue;

const method_descriptor methods[] = {
    {"Hello", "Greeter.Hello", &note::default_instance(), &note::default_instance()}};
const service_descriptor description{"Greeter", "", methods};

client_core::time_point now() {
  return client_core::time_point{} + std::chrono::hours{1};
}

// -- the empty wrappers, as a user writes them -------------------------------------

handler_function around_handler(handler_function next) {
  return [next](context& call, const google::protobuf::Message& request) {
    next(call, request);
  };
}

client_function around_client(client_function next) {
  return [next](client_request& request, call_done done) {
    next(request, std::move(done));
  };
}

call_function around_attempt(call_function next) {
  return [next](call_attempt& attempt) { next(attempt); };
}

stream_function around_message(stream_function next) {
  return [next](streamed_message& message) { next(message); };
}

template <class Wrapper, class F>
std::vector<Wrapper> maybe(bool empty, F f) {
  return empty ? std::vector<Wrapper>{f} : std::vector<Wrapper>{};
}

// -- the ways of calls --------------------------------------------------------------

class answering : public handler {
public:
  const service_descriptor& descriptor() const noexcept override {
    return description;
  }

  void invoke(size_t, context& call, const google::protobuf::Message& x) override {
    call.answer(x);
  }
};

size_t serve(bool empty, size_t calls) {
  auto env = std::make_shared<server_environment>();
  env->service = "greeter";
  env->now = now;
  handler_core core{[] { return std::make_unique<answering>(); },
                    maybe<handler_wrapper>(empty, around_handler), env};
  note request;
  auto before = allocations;
  for (size_t i = 0; i < calls; ++i) {
    auto call = std::make_shared<pending_call>(incoming_call{}, env);
    call->method = methods;
    call->in_kind = [](const google::protobuf::Message*, const error&) {};
    core.serve(call, request);
  }
  return allocations - before;
}

// The innermost step fails early, with and without a wrapper in front of it.
size_t call(bool empty, size_t calls) {
  content_types types;
  client_side side{{}, {}, maybe<client_wrapper>(empty, around_client), types, now};
  note request;
  note response;
  client_request what{"greeter", "Greeter.Hello", methods, &request, &response, {}, {}};
  what.options.content_type = "no/such";
  auto before = allocations;
  for (size_t i = 0; i < calls; ++i)
    side.run(what, [](expected<void>) {});
  return allocations - before;
}

class answering_pool : public net::pool {
public:
  uint64_t exchange(const net::target&, http_request&&, net::time_point,
                    done then) override {
    then(error{errc::invalid_argument, "x"});
    return 1;
  }

  uint64_t open(const net::target&, http_request&&, net::time_point,
                std::unique_ptr<net::response_receiver>) override {
    return 0;
  }

  void cancel(uint64_t) override {
    // nop
  }
};

size_t attempt(bool empty, size_t calls) {
  content_types types;
  client_core::options options;
  options.pool = std::make_shared<answering_pool>();
  options.types = &types;
  options.call_wrappers = maybe<call_wrapper>(empty, around_attempt);
  auto core = std::make_shared<client_core>(std::move(options), 1);
  core->use({{[](const std::string&) {}, [](const std::string&) {}, [] {}},
             [](std::chrono::nanoseconds, std::function<void()>) {},
             now});
  auto before = allocations;
  for (size_t i = 0; i < calls; ++i) {
    auto x = std::make_shared<client_call>();
    x->request.service = "greeter";
    x->request.endpoint = "Greeter.Hello";
    x->address = "127.0.0.1:1";
    x->deadline = now() + std::chrono::seconds{5};
    x->done = [](expected<incoming_reply>) {};
    core->begin(std::move(x));
  }
  return allocations - before;
}

size_t write_messages(bool empty, size_t calls) {
  auto codec = proto_codec();
  auto stream = std::make_shared<client_stream>(
      client_terms{*codec, grpc::coding::identity, 1000}, std::make_shared<nowhere>(),
      stream_bounds{}, method_kind::bidi_stream, 1);
  if (auto chain = make_message_chain(maybe<stream_wrapper>(empty, around_message)))
    stream->wrap(
        std::make_unique<message_steps>(chain, "greeter", "Greeter.Hello", false));
  note message;
  auto before = allocations;
  for (size_t i = 0; i < calls; ++i)
    stream->write(message);
  return allocations - before;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: wrapper-cost handler|client|call|stream 0|1 CALLS\n";
    return 2;
  }
  std::string kind = argv[1];
  auto empty = std::string{argv[2]} == "1";
  auto calls = static_cast<size_t>(std::strtoul(argv[3], nullptr, 10));
  auto* run = kind == "handler"  ? serve
              : kind == "client" ? call
              : kind == "call"   ? attempt
              : kind == "stream" ? write_messages
                                 : nullptr;
  if (run == nullptr)
    return 2;
  std::cout << run(empty, calls) << '\n';
}
