// A service: what main() makes, configures and runs.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/actors/handler.hpp"
#include "mica/actors/publisher.hpp"
#include "mica/actors/subscriber.hpp"
#include "mica/actors/wrapper.hpp"
#include "mica/codecs/codec.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mica {

class broker_source;
class client_source;
class codec_source;
class metrics;
class registry_source;
class server_source;

namespace discovery {
struct balancer_options;
class selector_source;
} // namespace discovery

namespace net {
class transport_source;
}

namespace detail {
class service_impl;
}

/// What a service is made of; every field is also a flag or follows from one.
struct service_options {
  std::string version = "latest";
  std::map<std::string, std::string> metadata = {};
  /// `host:port`, port 0 lets the system choose.
  std::string address = ":0";
  /// I/O threads that serve, 1 to 64. With more than one, each has an object of every
  /// handler with `placement::lane`; other handlers serve all. Not with a Unix socket.
  size_t lanes = 1;
  std::vector<handler_wrapper> handler_wrappers = {};
  std::vector<client_wrapper> client_wrappers = {};
  /// Around each attempt of a unary call, within the client wrappers.
  std::vector<call_wrapper> call_wrappers = {};
  /// Around each message of every stream, on both sides.
  std::vector<stream_wrapper> stream_wrappers = {};
  std::vector<subscriber_wrapper> subscriber_wrappers = {};
  /// `host:port` on which `/metrics` is served; without a host on loopback alone.
  /// Empty: nowhere. Also a flag, `--admin_address`.
  std::string admin_address = {};
  /// What `/metrics` shows; the service counts by it in front of all other wrappers.
  /// Null: one that the service makes if there is an `admin_address`.
  std::shared_ptr<mica::metrics> metrics = {};
  /// Name of the registry: `consul`, `mdns`, `memory`; empty leaves the choice to
  /// flags and defaults.
  std::string registry_name = {};
  /// How gRPC answers are compressed for callers that read it: `gzip`, `deflate`, or
  /// nothing.
  std::string compression = {};
  /// A registry of one's own (mica/actors/registry_source.hpp); beats every name.
  std::shared_ptr<const registry_source> registry = {};
  /// Name of the broker, as `--broker` takes it; empty leaves the choice to flags and
  /// defaults.
  std::string broker_name = {};
  /// A broker of one's own (mica/actors/broker_source.hpp, brokers.hpp); beats every
  /// name.
  std::shared_ptr<const broker_source> broker = {};
  /// Name of the strategy that chooses nodes, as `--selector` takes it: `random`,
  /// `roundrobin`, `p2c`, `hash`; empty leaves it to flags.
  std::string selector_name = {};
  /// A strategy of one's own (mica/discovery/selector.hpp); beats every name.
  std::shared_ptr<const discovery::selector_source> selector = {};
  /// Filters for all calls, outlier ejection, slow start
  /// (mica/discovery/balancer.hpp). Null: the defaults.
  std::shared_ptr<const discovery::balancer_options> balancing = {};
  /// Parts of one's own (mica/actors/sources.hpp); each beats its flag.
  std::shared_ptr<const net::transport_source> transport = {};
  std::shared_ptr<const client_source> client = {};
  std::shared_ptr<const server_source> server = {};
  /// Besides those that every service has.
  std::vector<std::shared_ptr<const codec_source>> more_codecs = {};
};

/// What stands in the list of a service's parts: `registry_source`, `broker_source`,
/// `transport_source`, ...; whoever has a kind of one's own gives it an `apply_option`.
template <class T>
concept service_part = requires(service_options& to, const T& part) {
  apply_option(to, part);
};

/// One service, or one client that has no handlers. Owns its runtime: actors,
/// threads and sockets; several services in one process don't share any.
///
/// Thread-safe once started. Not copyable.
class service {
public:
  explicit service(std::string name, service_options options = {});

  /// A service of these parts, e.g. `service{"greeter", kafka_broker()}`.
  template <service_part... Parts>
  requires(sizeof...(Parts) > 0) explicit service(std::string name,
                                                  const Parts&... parts)
    : service(std::move(name), of_parts(parts...)) {
    // nop
  }

  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Adds a handler: an actor with a `Handler` made of copies of `args`, now and
  /// after each failure. Call before `run` or `start`.
  template <class Handler, class... Ts>
  void handle(handle_options options, Ts... args) {
    constexpr bool derived = std::is_base_of_v<handler, Handler>;
    constexpr bool constructible = std::is_constructible_v<Handler, const Ts&...>;
    // One branch only: the user sees what is wrong and nothing that follows from it.
    if constexpr (!derived) {
      static_assert(derived, "service::handle<Handler>: Handler must derive from a "
                             "generated class such as greeter_service");
    } else if constexpr (std::is_abstract_v<Handler>) {
      static_assert(!std::is_abstract_v<Handler>,
                    "service::handle<Handler>: Handler must override every method of "
                    "its service; the next error names those that it does not");
      static_cast<void>(new Handler);
    } else if constexpr (!constructible) {
      static_assert(constructible,
                    "service::handle<Handler>: Handler has no constructor "
                    "that takes these arguments");
    } else {
      add_handler(options, [args...]() -> std::unique_ptr<handler> {
        return std::make_unique<Handler>(args...);
      });
    }
  }

  template <class Handler>
  void handle() {
    handle<Handler>(handle_options{});
  }

  /// Adds a subscriber: an actor with a `Subscriber` made of copies of `args`, now and
  /// after each failure. Call before `run` or `start`.
  template <class Subscriber, class... Ts>
  requires std::is_base_of_v<event_handler, Subscriber>
  void subscribe(std::string topic, subscribe_options options, Ts... args) {
    static_assert(!std::is_abstract_v<Subscriber>,
                  "service::subscribe<Subscriber>: Subscriber must override on_event");
    static_assert(std::is_constructible_v<Subscriber, const Ts&...>,
                  "service::subscribe<Subscriber>: Subscriber has no constructor that "
                  "takes these arguments");
    add_subscriber(std::move(topic), std::move(options),
                   [args...]() -> std::unique_ptr<event_handler> {
                     return std::make_unique<Subscriber>(args...);
                   });
  }

  template <class Subscriber>
  requires std::is_base_of_v<event_handler, Subscriber>
  void subscribe(std::string topic) {
    subscribe<Subscriber>(std::move(topic), subscribe_options{});
  }

  /// Adds a function that takes `(event_context&, const Event&)` and returns
  /// `expected<void>` or nothing. Call before `run` or `start`.
  template <class Event, class F>
  requires std::is_invocable_v<F&, event_context&, const Event&>
  void subscribe(std::string topic, F function, subscribe_options options = {}) {
    add_subscriber(std::move(topic), std::move(options),
                   [function]() -> std::unique_ptr<event_handler> {
                     return std::make_unique<detail::function_subscriber<Event, F>>(
                         function);
                   });
  }

  /// Codecs by content type; complete before `run` or `start`.
  content_types& codecs();

  /// Reads flags and environment (Go Micro's names; `--help` lists them). Prints
  /// one line and ends the process with status 1 on a wrong flag, 0 after --help.
  void init(int argc, char** argv);

  /// Listens, registers and serves; returns when that is done.
  expected<void> start();

  /// Not ready, deregister, stop accepting, drain, end. Safe to call twice.
  void stop();

  /// `init`, `start`, wait for SIGTERM, SIGINT or SIGQUIT, `stop`. Returns the exit
  /// status of the process.
  int run(int argc, char** argv);
  int run();

  const std::string& name() const noexcept;

  /// `greeter-<uuid>`.
  std::string node_id() const;

  /// The bound `host:port`; empty before `start`.
  std::string address() const;

  detail::service_impl& impl() const noexcept {
    return *impl_;
  }

private:
  template <class... Parts>
  static service_options of_parts(const Parts&... parts) {
    service_options result;
    (apply_option(result, parts), ...);
    return result;
  }

  void add_handler(handle_options options,
                   std::function<std::unique_ptr<handler>()> make);
  void add_subscriber(std::string topic, subscribe_options options,
                      std::function<std::unique_ptr<event_handler>()> make);

  std::unique_ptr<detail::service_impl> impl_;
};

} // namespace mica
