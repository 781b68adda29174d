#include "debug/debug_handler.hpp"

#include "debug/log_stream.hpp"
#include "mica/debug/debug.pb.h"

#include <array>
#include <chrono>
#include <fstream>
#include <string>

namespace mica::detail {

namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::system_clock;

// `VmRSS` in bytes and `Threads` of proc(5).
struct process_status {
  uint64_t memory = 0;
  uint64_t threads = 0;
};

process_status read_process_status() {
  process_status result;
  std::ifstream file{"/proc/self/status"};
  std::string key;
  while (file >> key) {
    if (key == "VmRSS:") {
      file >> result.memory;
      result.memory *= 1024;
    } else if (key == "Threads:") {
      file >> result.threads;
    }
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return result;
}

uint64_t unix_seconds(system_clock::time_point x) {
  return static_cast<uint64_t>(duration_cast<seconds>(x.time_since_epoch()).count());
}

} // namespace

debug_handler::debug_handler(std::shared_ptr<server_environment> env,
                             std::shared_ptr<log_ring> log,
                             std::shared_ptr<health_board> board)
  : env_(std::move(env)),
    log_(std::move(log)),
    board_(std::move(board)) {
  // nop
}

const service_descriptor& debug_handler::descriptor() const noexcept {
  static const auto methods = std::array<method_descriptor, 3>{{
      {"Health", "Debug.Health", &debug::HealthRequest::default_instance(),
       &debug::HealthResponse::default_instance(), idempotency::no_side_effects},
      {"Stats", "Debug.Stats", &debug::StatsRequest::default_instance(),
       &debug::StatsResponse::default_instance(), idempotency::no_side_effects},
      {"Log", "Debug.Log", &debug::LogRequest::default_instance(),
       &debug::Record::default_instance(), idempotency::unknown,
       method_kind::server_stream},
  }};
  static const service_descriptor result{"Debug", "mica.debug", methods};
  return result;
}

void debug_handler::invoke(size_t method, context& call,
                           const google::protobuf::Message&) {
  if (method == 0) {
    debug::HealthResponse response;
    response.set_status("ok");
    call.answer(static_cast<const google::protobuf::Message&>(response));
    return;
  }
  if (method != 1)
    return call.fail({errc::unimplemented, "Debug.Log is called by a stream"});
  auto up = duration_cast<seconds>(env_->now() - env_->started);
  auto status = read_process_status();
  auto now = system_clock::now();
  debug::StatsResponse response;
  response.set_timestamp(unix_seconds(now));
  response.set_started(unix_seconds(now - up));
  response.set_uptime(static_cast<uint64_t>(up.count()));
  response.set_memory(status.memory);
  response.set_threads(status.threads);
  response.set_requests(env_->requests.load(std::memory_order_relaxed));
  response.set_errors(env_->errors.load(std::memory_order_relaxed));
  call.answer(static_cast<const google::protobuf::Message&>(response));
}

task debug_handler::open(size_t method, context& call,
                         google::protobuf::Message& request, stream_ptr peer) {
  if (method != 2)
    return handler::open(method, call, request, std::move(peer));
  send_log(log_, board_, call, static_cast<const debug::LogRequest&>(request),
           stream<void, debug::Record>{std::move(peer)});
  return {};
}

} // namespace mica::detail
