// Server streams on CAF's deterministic scheduler: a handler made by the test, and a
// connection that is an actor of the test's.

#pragma once

#include "io/stream_command.hpp"
#include "mica/codecs/grpc.hpp"
#include "server/shell.hpp"
#include "stream/grpc_wire.hpp"
#include "stream/server_stream.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <google/protobuf/wrappers.pb.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/test/io_dsl.hpp>

namespace mica::test {

using note = google::protobuf::StringValue;
using note_stream = stream<note, note>;

inline note to_note(std::string text) {
  note result;
  result.set_value(std::move(text));
  return result;
}

/// The messages as one body.
inline std::string framed(const std::vector<std::string>& texts) {
  std::string result;
  for (const auto& text : texts) {
    auto begin = grpc::begin_message(result);
    to_note(text).AppendToString(&result);
    static_cast<void>(grpc::end_message(result, begin));
  }
  return result;
}

enum method : size_t { chat, sum, count };

/// A service whose methods are what the test says.
class scripted : public handler {
public:
  using script = std::function<task(context&, note& request, detail::stream_ptr)>;

  explicit scripted(const script& run) : run_(run) {
    // nop
  }

  static const service_descriptor& static_descriptor() {
    static const method_descriptor table[] = {
        {"Chat", "Chatter.Chat", &note::default_instance(), &note::default_instance(),
         idempotency::unknown, method_kind::bidi_stream},
        {"Sum", "Chatter.Sum", &note::default_instance(), &note::default_instance(),
         idempotency::unknown, method_kind::client_stream},
        {"Count", "Chatter.Count", &note::default_instance(), &note::default_instance(),
         idempotency::unknown, method_kind::server_stream},
    };
    static const service_descriptor result{"Chatter", "test", table};
    return result;
  }

  const service_descriptor& descriptor() const noexcept override {
    return static_descriptor();
  }

  void invoke(size_t, context& call, const google::protobuf::Message&) override {
    call.fail({errc::unimplemented, "no unary methods"});
  }

  task open(size_t, context& call, google::protobuf::Message& request,
            detail::stream_ptr peer) override {
    return run_(call, static_cast<note&>(request), std::move(peer));
  }

private:
  const script& run_;
};

/// What one stream's peer saw.
struct seen {
  int heads = 0;
  std::string body;
  std::string status;
  std::string message;
  metadata head;
  metadata trailers;
  bool ended = false;
  bool reset = false;
  size_t consumed = 0;
  /// Commands that carried data.
  int writes = 0;

  std::vector<std::string> texts() const {
    std::vector<std::string> result;
    grpc::message_reader reader;
    std::string_view rest = body;
    std::string_view one;
    while (reader.next(rest, one)) {
      note x;
      x.ParseFromArray(one.data(), static_cast<int>(one.size()));
      result.push_back(x.value());
    }
    return result;
  }

  void take(net::stream_command&& what) {
    if (auto* x = std::get_if<net::head_command>(&what)) {
      ++heads;
      head = x->head.fields;
    } else if (auto* data = std::get_if<net::data_command>(&what)) {
      body += data->bytes;
      ++writes;
    } else if (auto* end = std::get_if<net::end_command>(&what)) {
      ended = true;
      status = end->trailers.get_or("grpc-status", "");
      message = end->trailers.get_or("grpc-message", "");
      trailers = end->trailers;
    } else if (std::holds_alternative<net::reset_command>(what)) {
      reset = true;
    } else if (auto* taken = std::get_if<net::consumed_command>(&what)) {
      consumed += taken->bytes;
    }
  }
};

class server_world : public test_node_fixture<> {
public:
  server_world() : env(std::make_shared<detail::server_environment>()) {
    env->service = "chatter";
    env->now = [this] { return sys.clock().now(); };
    connection = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](uint64_t id, net::stream_command& what) {
        peers[id].take(std::move(what));
      }};
    });
    run();
  }

  ~server_world() {
    for (auto& x : shells)
      caf::anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(connection, caf::exit_reason::user_shutdown);
    run();
  }

  /// A handler that runs `run`, which must outlive this.
  detail::shell_ref& serve(mica::placement where, const scripted::script& script,
                           std::vector<handler_wrapper> wrappers = {}) {
    detail::shell_ref shell;
    shell.placement = where;
    shell.waiting = std::make_shared<std::atomic<size_t>>(0);
    shell.core = std::make_shared<detail::handler_core>(
        [this, &script] {
          ++objects;
          return std::make_unique<scripted>(script);
        },
        std::move(wrappers), env);
    shell.core->on_failure = [this](const std::string& x) { failures.push_back(x); };
    shell.actor = detail::spawn_shell(sys, where, shell.core, env, shell.waiting);
    shell.streams_home = std::make_shared<detail::shell_home>(shell.actor);
    run();
    shells.push_back(std::move(shell));
    return shells.back();
  }

  detail::pending_call_ptr make_call(const detail::shell_ref& shell, size_t which) {
    incoming_call call;
    call.style.via = protocol::grpc;
    call.style.content_type = "application/grpc";
    call.style.endpoint =
        std::string{scripted::static_descriptor().methods[which].endpoint};
    auto result = std::make_shared<detail::pending_call>(std::move(call), env);
    result->arrived = env->now();
    result->method = &scripted::static_descriptor().methods[which];
    result->method_index = which;
    result->body_codec = codec.get();
    result->shell = shell.actor;
    return result;
  }

  expected<std::unique_ptr<net::stream_receiver>>
  try_open(const detail::shell_ref& shell, size_t which, uint64_t id,
           std::optional<std::chrono::nanoseconds> timeout = {}) {
    auto call = make_call(shell, which);
    if (timeout)
      call->deadline = call->arrived + *timeout;
    auto wire = detail::make_grpc_server_wire(
        net::stream_sender{connection, id},
        {call->call.style, *codec, call->reply_headers, trailers,
         grpc::coding::identity, coding, message_bytes});
    return detail::open_server_stream(shell, {call, std::move(wire), bounds});
  }

  std::unique_ptr<net::stream_receiver>
  open(const detail::shell_ref& shell, size_t which, uint64_t id = 1,
       std::optional<std::chrono::nanoseconds> timeout = {}) {
    auto result = try_open(shell, which, id, timeout);
    CAF_REQUIRE(result);
    run();
    return std::move(*result);
  }

  std::shared_ptr<detail::server_environment> env;
  std::shared_ptr<const mica::codec> codec = proto_codec();
  metadata trailers;
  grpc::coding coding = grpc::coding::identity;
  size_t message_bytes = grpc::default_message_bytes;
  detail::stream_bounds bounds;
  caf::actor connection;
  std::map<uint64_t, seen> peers;
  std::vector<detail::shell_ref> shells;
  std::vector<std::string> failures;
  int objects = 0;
};

/// Counts what is alive in coroutine frames.
struct alive {
  explicit alive(int& count) : count_(&count) {
    ++*count_;
  }
  alive(const alive& other) : count_(other.count_) {
    ++*count_;
  }
  alive& operator=(const alive&) = delete;
  ~alive() {
    --*count_;
  }

private:
  int* count_;
};

} // namespace mica::test
