// Claims that are tried with a whole service: about what carries calls and events.

#include "cli/plugin_claims.hpp"
#include "cli/requests.hpp"
#include "mica/actors/brokers.hpp"
#include "mica/actors/registries.hpp"
#include "mica/actors/service.hpp"

#include <google/protobuf/wrappers.pb.h>

#include <condition_variable>
#include <mutex>
#include <utility>

namespace mica::cli {

namespace {

using text = google::protobuf::StringValue;
using set_up = std::function<void(service_options& to)>;

service_options options_with(const set_up& part) {
  service_options result;
  apply_option(result, memory_registry());
  apply_option(result, memory_broker());
  part(result);
  return result;
}

// A service that runs and calls itself; it answers Debug.Health, as all do.
class checked_service {
public:
  explicit checked_service(const set_up& part) : self_("checked", options_with(part)) {
    self_.impl().config().log_level = "error";
  }

  service& operator*() {
    return self_;
  }

  std::string start() {
    auto ok = self_.start();
    return ok ? "" : "the service does not start: " + to_string(ok.error());
  }

  expected<incoming_reply> call(const std::string& endpoint, std::string address = {}) {
    outgoing_call request;
    request.service = "checked";
    request.endpoint = endpoint;
    request.body = "{}";
    call_options options;
    options.address = std::move(address);
    options.retries = 0;
    options.deadline = claim_time;
    return call_and_wait(self_.impl(), std::move(request), options);
  }

private:
  service self_;
};

std::string answers(const set_up& part, int calls) {
  checked_service x{part};
  if (auto why = x.start(); !why.empty())
    return why;
  for (int i = 0; i < calls; ++i) {
    auto reply = x.call("Debug.Health");
    if (!reply)
      return "call " + std::to_string(i + 1) + " fails: " + to_string(reply.error());
    if (reply->payload().find("\"ok\"") == std::string_view::npos)
      return "another answer comes back: " + std::string{reply->payload()};
  }
  return {};
}

std::string tells_errors(const set_up& part) {
  checked_service x{part};
  if (auto why = x.start(); !why.empty())
    return why;
  auto reply = x.call("Nobody.Home");
  if (reply)
    return "a call to an endpoint that is not there succeeds";
  if (reply.error().reason == errc::timeout || reply.error().code >= 503)
    return "the answer is lost: " + to_string(reply.error());
  return {};
}

std::string ends_in_vain(const set_up& part) {
  checked_service x{part};
  if (auto why = x.start(); !why.empty())
    return why;
  auto address = (*x).address();
  // Only what calls is left.
  checked_service caller{part};
  (*x).stop();
  auto reply = caller.call("Debug.Health", address);
  return reply ? "a service that has stopped answers" : std::string{};
}

claims call_claims(const set_up& part) {
  return {
      {"a call is answered", [part] { return answers(part, 1); }},
      {"a hundred calls are answered", [part] { return answers(part, 100); }},
      {"an error arrives", [part] { return tells_errors(part); }},
      {"a service that has stopped answers no more",
       [part] { return ends_in_vain(part); }},
  };
}

// What subscribers got.
class inbox {
public:
  void take(const std::string& what) {
    std::lock_guard guard{mtx_};
    taken_.push_back(what);
    changed_.notify_all();
  }

  std::vector<std::string> wait_for(size_t count) {
    std::unique_lock guard{mtx_};
    changed_.wait_for(guard, claim_time, [&] { return taken_.size() >= count; });
    return taken_;
  }

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  std::vector<std::string> taken_;
};

// @param queue of both subscribers; @param copies of an event that are right
std::string delivers(const set_up& part, const std::string& queue, size_t copies) {
  inbox got;
  checked_service x{part};
  for (int i = 0; i < 2; ++i)
    (*x).subscribe<text>(
        "mica-plugin-check",
        [&got](event_context& event, const text& what) {
          got.take(what.value() + std::string{event.headers().get_or("X-Check", "?")});
        },
        {.queue = queue});
  if (auto why = x.start(); !why.empty())
    return why;
  publisher to{*x, "mica-plugin-check"};
  for (std::string value : {"first", "last"}) {
    text event;
    event.set_value(value);
    publish_options options;
    options.headers.set("X-Check", " checked");
    if (auto ok = to.publish(event, options); !ok)
      return "a publish fails: " + to_string(ok.error());
  }
  auto all = got.wait_for(2 * copies);
  (*x).stop();
  size_t first = 0;
  size_t last = 0;
  for (const auto& what : all) {
    first += what == "first checked" ? 1 : 0;
    last += what == "last checked" ? 1 : 0;
  }
  if (first != copies || last != copies || all.size() != 2 * copies)
    return "of two events there came " + std::to_string(all.size()) + ", should be "
           + std::to_string(2 * copies) + " with their headers";
  return {};
}

} // namespace

claims claims_of(std::shared_ptr<const transport_source> what) {
  return call_claims([what](service_options& to) { to.transport = what; });
}

claims claims_of(std::shared_ptr<const client_source> what) {
  return call_claims([what](service_options& to) { to.client = what; });
}

claims claims_of(std::shared_ptr<const server_source> what) {
  return call_claims([what](service_options& to) { to.server = what; });
}

claims claims_of(std::shared_ptr<const broker_source> what) {
  set_up part = [what](service_options& to) { to.broker = what; };
  return {
      {"each subscriber gets each event", [part] { return delivers(part, {}, 2); }},
      {"one of a queue gets each event",
       [part] { return delivers(part, "workers", 1); }},
      {"calls go on beside it", [part] { return answers(part, 1); }},
  };
}

} // namespace mica::cli
