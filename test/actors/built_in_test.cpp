#define CAF_SUITE built_in

#include "debug/debug_handler.hpp"
#include "health/health_handler.hpp"
#include "mica/debug/debug.pb.h"
#include "mica/grpc/health/v1/health.pb.h"
#include "reflection/built_in_files.hpp"
#include "reflection/reflection_handler.hpp"

#include "grpc/health/v1/health.mica.hpp"
#include "support/memory_stream.hpp"

#include <caf/test/unit_test.hpp>

using namespace std::chrono_literals;
using namespace mica::detail;

namespace debug = mica::debug;
namespace health = mica::grpc::health::v1;

using mica::test::memory_stream;
using strings = std::vector<std::string>;

namespace {

/// A call with a stream: what the handler is given, and what the peer sees of it.
struct open_call {
  explicit open_call(const std::shared_ptr<server_environment>& env)
    : pending(std::make_shared<pending_call>(mica::incoming_call{}, env)),
      context(pending),
      stream(std::make_shared<memory_stream>()) {
    // nop
  }

  // An open stream and its handler hold each other.
  ~open_call() {
    leave();
  }

  /// The peer leaves.
  void leave() {
    stream->cancel();
    pending->cancel();
  }

  pending_call_ptr pending;
  mica::context context;
  std::shared_ptr<memory_stream> stream;
  mica::task task;
};

struct fixture {
  fixture()
    : env(std::make_shared<server_environment>()),
      log(std::make_shared<log_ring>()),
      board(std::make_shared<health_board>()),
      debug_object(env, log, board),
      health_object(board) {
    env->now = [] { return std::chrono::steady_clock::time_point{}; };
    board->add("demo.Greeter");
  }

  std::unique_ptr<open_call> open(mica::handler& object, size_t method,
                                  google::protobuf::Message&& request) {
    auto result = std::make_unique<open_call>(env);
    result->task = object.open(method, result->context, request, result->stream);
    return result;
  }

  /// The text of the response or the error of a unary call.
  std::string ask(mica::handler& object, size_t method,
                  const google::protobuf::Message& request) {
    auto pending = std::make_shared<pending_call>(mica::incoming_call{}, env);
    std::string result = "no answer";
    pending->in_kind = [&](const google::protobuf::Message* response,
                           const mica::error& failure) {
      result = response
                   ? response->ShortDebugString()
                   : std::string{to_string(failure.reason)} + ": " + failure.detail;
    };
    mica::context context{pending};
    object.invoke(method, context, request);
    return result;
  }

  std::unique_ptr<open_call> watch(const std::string& name) {
    health::HealthCheckRequest request;
    request.set_service(name);
    return open(health_object, 1, std::move(request));
  }

  std::unique_ptr<open_call> read_log(bool follow, int64_t count, int64_t since = 0) {
    debug::LogRequest request;
    request.set_stream(follow);
    request.set_count(count);
    request.set_since(since);
    return open(debug_object, 2, std::move(request));
  }

  /// Writes `first` to `last` to the log, each a second after the one before.
  void write_log(int first, int last) {
    for (auto i = first; i <= last; ++i)
      log->add({std::chrono::system_clock::time_point{std::chrono::seconds{i}}, "info",
                std::to_string(i)});
  }

  /// The texts of the records that a peer got.
  static strings texts(open_call& from) {
    strings result;
    for (const auto& text : from.stream->take_output()) {
      auto begin = text.find("message: \"") + 10;
      result.push_back(text.substr(begin, text.size() - begin - 1));
    }
    return result;
  }

  std::shared_ptr<server_environment> env;
  std::shared_ptr<log_ring> log;
  std::shared_ptr<health_board> board;
  debug_handler debug_object;
  health_handler health_object;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(built_in_tests, fixture)

  CAF_TEST(a health check says whether a service may be called) {
    health::HealthCheckRequest request;
    CAF_CHECK_EQUAL(ask(health_object, 0, request), "status: NOT_SERVING");
    board->set(readiness::ready);
    CAF_CHECK_EQUAL(ask(health_object, 0, request), "status: SERVING");
    request.set_service("demo.Greeter");
    CAF_CHECK_EQUAL(ask(health_object, 0, request), "status: SERVING");
    request.set_service("demo.Nobody");
    CAF_CHECK_EQUAL(ask(health_object, 0, request),
                    "not_found: unknown service demo.Nobody");
  }

  CAF_TEST(who watches sees the state and each change and the end) {
    auto call = watch("demo.Greeter");
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{"status: NOT_SERVING"});
    board->set(readiness::ready);
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{"status: SERVING"});
    CAF_CHECK_EQUAL(call->stream->state(), "open");
    board->set(readiness::stopping);
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{"status: NOT_SERVING"});
    CAF_CHECK_EQUAL(call->stream->state(), "the server stops");
  }

  CAF_TEST(an unknown service may be watched) {
    auto call = watch("demo.Nobody");
    board->set(readiness::ready);
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{"status: SERVICE_UNKNOWN"});
    CAF_CHECK_EQUAL(call->stream->state(), "open");
  }

  CAF_TEST(a watcher that does not read is sent the latest state alone) {
    auto call = watch("");
    call->stream->take_output();
    call->stream->set_full(true);
    board->set(readiness::ready);
    board->set(readiness::starting);
    board->set(readiness::ready);
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{});
    call->stream->set_full(false);
    CAF_CHECK_EQUAL(call->stream->take_output(), strings{"status: SERVING"});
  }

  CAF_TEST(a watcher that leaves is forgotten with all that it held) {
    auto call = watch("");
    std::weak_ptr<memory_stream> stream = call->stream;
    CAF_CHECK_EQUAL(board->watchers().size(), 1u);
    call->leave();
    CAF_CHECK_EQUAL(board->watchers().size(), 0u);
    call.reset();
    CAF_CHECK(stream.expired());
  }

  CAF_TEST(the log is shown whole or its last lines or those since a time) {
    write_log(101, 115);
    auto all = read_log(false, 0);
    CAF_CHECK_EQUAL(texts(*all).size(), 15u);
    CAF_CHECK_EQUAL(all->stream->state(), "ended");
    CAF_CHECK_EQUAL(texts(*read_log(false, 2)), (strings{"114", "115"}));
    CAF_CHECK_EQUAL(texts(*read_log(false, 0, 114)), (strings{"114", "115"}));
    CAF_CHECK_EQUAL(texts(*read_log(false, 1, 101)), strings{"115"});
    CAF_CHECK_EQUAL(texts(*read_log(false, -1, -1)).size(), 15u);
    CAF_CHECK_EQUAL(texts(*read_log(false, 0, INT64_MAX)), strings{});
  }

  CAF_TEST(a record has its time and level) {
    log->add({std::chrono::system_clock::time_point{5s}, "warning", "careful"});
    CAF_CHECK_EQUAL(
        read_log(false, 1)->stream->take_output(),
        strings{"timestamp: 5 metadata { key: \"level\" value: \"warning\" } "
                "message: \"careful\""});
  }

  CAF_TEST(a follower sees the last ten lines and then what comes) {
    write_log(1, 12);
    auto call = read_log(true, 0);
    CAF_CHECK_EQUAL(texts(*call),
                    (strings{"3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}));
    write_log(13, 14);
    CAF_CHECK_EQUAL(texts(*call), (strings{"13", "14"}));
    CAF_CHECK_EQUAL(call->stream->state(), "open");
    board->set(readiness::stopping);
    CAF_CHECK_EQUAL(call->stream->state(), "ended");
  }

  CAF_TEST(a follower that leaves is forgotten) {
    auto call = read_log(true, 0);
    CAF_CHECK_EQUAL(log->watchers().size(), 1u);
    call->leave();
    CAF_CHECK_EQUAL(log->watchers().size(), 0u);
    CAF_CHECK_EQUAL(board->watchers().size(), 0u);
  }

  CAF_TEST(a slow follower is told what it missed) {
    auto call = read_log(true, 0);
    call->stream->set_full(true);
    write_log(1, 1030);
    CAF_CHECK_EQUAL(texts(*call), strings{});
    call->stream->set_full(false);
    auto got = texts(*call);
    CAF_REQUIRE_EQUAL(got.size(), 1025u);
    CAF_CHECK_EQUAL(got[0], "6 records are gone: the reader is too slow");
    CAF_CHECK_EQUAL(got[1], "7");
    CAF_CHECK_EQUAL(got[1024], "1030");
  }

  CAF_TEST(reflection answers each message until the peer is done) {
    auto index = std::make_shared<reflection_index>();
    add_built_in_files(*index);
    reflection_handler object{reflection_version::v1alpha, index, board};
    auto call = open(object, 0, reflection_index::request{});
    CAF_CHECK(call->task.running());
    reflection_index::request asked;
    asked.set_list_services("");
    call->stream->push(asked);
    auto listed = call->stream->take_output();
    CAF_REQUIRE_EQUAL(listed.size(), 1u);
    for (const char* name :
         {"\"grpc.health.v1.Health\"", "\"grpc.reflection.v1.ServerReflection\"",
          "\"grpc.reflection.v1alpha.ServerReflection\"", "\"mica.debug.Debug\""})
      CAF_CHECK(listed[0].find(name) != std::string::npos);
    asked.set_file_by_filename("no.proto");
    call->stream->push(asked);
    CAF_CHECK_EQUAL(call->stream->take_output().size(), 1u);
    call->stream->push_end();
    CAF_CHECK(!call->task.running());
  }

  CAF_TEST(reflection of a server that stops ends) {
    auto index = std::make_shared<reflection_index>();
    reflection_handler object{reflection_version::v1, index, board};
    auto call = open(object, 0, reflection_index::request{});
    board->set(readiness::stopping);
    CAF_CHECK_EQUAL(call->stream->state(), "ended");
    CAF_CHECK(!call->task.running());
  }

  CAF_TEST(methods are called in the way of their kind alone) {
    CAF_CHECK_EQUAL(ask(health_object, 1, health::HealthCheckRequest{}),
                    "unimplemented: Health.Watch is called by a stream");
    CAF_CHECK_EQUAL(ask(debug_object, 2, debug::LogRequest{}),
                    "unimplemented: Debug.Log is called by a stream");
    CAF_CHECK_EQUAL(ask(debug_object, 0, debug::HealthRequest{}), "status: \"ok\"");
  }

  CAF_TEST(built in services are known by public names) {
    debug_handler debug_again{env, log, board};
    CAF_CHECK_EQUAL(health_object.descriptor().package, "grpc.health.v1");
    reflection_index index;
    add_built_in_files(index);
    add_built_in_files(index);
    CAF_CHECK_EQUAL(index.services().size(), 4u);
    for (const mica::handler* object :
         {static_cast<const mica::handler*>(&debug_again),
          static_cast<const mica::handler*>(&health_object)}) {
      auto name = std::string{object->descriptor().package} + "."
                  + std::string{object->descriptor().name};
      CAF_CHECK_EQUAL(index.services().count(name), 1u);
    }
  }

  CAF_TEST(a program may link and serve a copy of the public file) {
    reflection_index index;
    index.add(::grpc::health::v1::health_service::static_descriptor());
    add_built_in_files(index);
    CAF_CHECK_EQUAL(index.services().size(), 4u);
    reflection_index::sent_files sent;
    reflection_index::request asked;
    asked.set_file_containing_symbol("grpc.health.v1.OurOwn");
    CAF_CHECK(index.answer(asked, sent).has_file_descriptor_response());
    asked.set_file_containing_symbol("grpc.reflection.v1.ServerReflection");
    CAF_CHECK(index.answer(asked, sent).has_file_descriptor_response());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
