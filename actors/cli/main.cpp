// The command-line tool `mica`.

#include "cli/cert.hpp"
#include "cli/commands.hpp"
#include "cli/doctor.hpp"
#include "cli/event_commands.hpp"
#include "cli/node_commands.hpp"
#include "cli/plugin_check.hpp"
#include "mica/actors/service.hpp"
#include "runtime/flags.hpp"
#include "runtime/service_impl.hpp"

#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr auto footer = R"(
Examples:
  mica list services
  mica get service greeter
  mica call greeter Greeter.Hello '{"name":"John"}'
  mica call --address 127.0.0.1:8080 greeter Greeter.Hello '{"name":"John"}'
  mica stream greeter Greeter.Stream '{"count":3}'
  mica publish events '{"message":"hello"}'
  mica subscribe events --count 1
  mica health greeter
  mica doctor greeter
  mica plugin check ./standby.so
  mica cert ca --dir certs && mica cert server --dir certs

Exit codes:
  0  done
  1  the look-up, the call or the making failed, stderr says why; doctor: found
     something, stdout says what
  2  wrong use)";

/// The commands that this file knows: flags in, one of them run.
class tool {
public:
  explicit tool(mica::service& self) : self_(self) {
    // nop
  }

  void add(CLI::App& app) {
    add_registry_commands(app);
    add_call_commands(app);
    add_event_commands(app);
    add_node_commands(app);
    add_plugin_commands(app);
  }

  void finish() {
    mica::detail::read_pairs("--metadata", metadata_, call_.metadata);
    call_.raw = output_ == "raw";
    if (call_.body.empty())
      call_.body = "{}";
  }

  int run() {
    for (const auto& x : commands_)
      if (x.app->parsed())
        return x.run();
    return mica::cli::usage;
  }

private:
  struct command {
    CLI::App* app;
    std::function<int()> run;
  };

  CLI::App* add_command(CLI::App& to, const char* name, const char* text,
                        std::function<int()> run) {
    auto* result = to.add_subcommand(name, text);
    commands_.push_back({result, std::move(run)});
    return result;
  }

  CLI::App* add_group(CLI::App& to, const char* name, const char* text) {
    auto* result = to.add_subcommand(name, text);
    result->require_subcommand(1);
    return result;
  }

  void add_registry_commands(CLI::App& app) {
    add_command(*add_group(app, "list", "list what the registry knows"), "services",
                "names of all services",
                [this] { return mica::cli::list_services(self_.impl()); });
    add_command(*add_group(app, "get", "show one thing of the registry"), "service",
                "nodes and endpoints of a service",
                [this] { return mica::cli::get_service(self_.impl(), name_); })
        ->add_option("NAME", name_, "name of the service")
        ->required();
    add_command(*add_group(app, "register", "write into the registry"), "service",
                "a service as JSON, without a lease",
                [this] { return mica::cli::register_service(self_.impl(), json_); })
        ->add_option("JSON", json_, R"({"name":...,"version":...,"nodes":[...]})")
        ->required();
    add_command(*add_group(app, "deregister", "take out of the registry"), "service",
                "the nodes of a service as JSON",
                [this] { return mica::cli::deregister_service(self_.impl(), json_); })
        ->add_option("JSON", json_, R"({"name":...,"version":...,"nodes":[...]})")
        ->required();
  }

  void add_call_options(CLI::App& to) {
    to.add_option("SERVICE", call_.service, "name of the service")->required();
    to.add_option("ENDPOINT", call_.endpoint, "e.g. Greeter.Hello")->required();
    to.add_option("JSON", call_.body, "the request; default: {}");
    to.add_option("--address", call_.address,
                  "host:port of a node; the registry is not asked");
    to.add_option("--metadata", metadata_, "key=value pairs to send along")
        ->allow_extra_args(false);
  }

  void add_call_commands(CLI::App& app) {
    auto* call = add_command(app, "call", "call an endpoint with JSON",
                             [this] { return mica::cli::call(self_.impl(), call_); });
    add_call_options(*call);
    call->add_option("--output", output_, "raw: print the reply as it came")
        ->check(CLI::IsMember({"raw", "json"}));
    add_call_options(*add_command(app, "stream",
                                  "call an endpoint that answers with a stream",
                                  [this] { return mica::cli::stream(self_, call_); }));
  }

  void add_event_commands(CLI::App& app) {
    auto* publish = add_command(app, "publish", "publish JSON on a topic", [this] {
      return mica::cli::publish(self_, topic_.topic, json_);
    });
    publish->add_option("TOPIC", topic_.topic, "the topic")->required();
    publish->add_option("JSON", json_, "the event")->required();
    auto* subscribe =
        add_command(app, "subscribe", "print the events of a topic, one a line",
                    [this] { return mica::cli::subscribe(self_, topic_); });
    subscribe->add_option("TOPIC", topic_.topic, "the topic")->required();
    subscribe->add_option("--queue", topic_.queue,
                          "share the events with the others of this queue");
    subscribe->add_option("--count", topic_.count,
                          "end after so many events; default: at a signal");
  }

  void add_node_commands(CLI::App& app) {
    auto* health = add_command(app, "health", "ask the nodes how they are", [this] {
      return mica::cli::health(self_.impl(), name_, call_.address);
    });
    auto* stats = add_command(app, "stats", "ask the nodes what they did", [this] {
      return mica::cli::stats(self_.impl(), name_, call_.address);
    });
    add_command(app, "doctor", "say why a service is not found or not reached",
                [this] { return mica::cli::doctor(self_.impl(), name_); })
        ->add_option("NAME", name_, "name of the service")
        ->required();
    for (auto* x : {health, stats}) {
      x->add_option("NAME", name_, "name of the service")->required();
      x->add_option("--address", call_.address,
                    "host:port of one node; the registry is not asked");
    }
  }

  void add_plugin_commands(CLI::App& app) {
    add_command(*add_group(app, "plugin", "about shared objects for --plugin"), "check",
                "load a plugin and try what its kind must keep",
                [this] { return mica::cli::check_plugin(name_); })
        ->add_option("FILE", name_, "the shared object")
        ->required();
  }

  mica::service& self_;
  std::vector<command> commands_;
  std::string name_, json_, output_;
  std::vector<std::string> metadata_;
  mica::cli::call_arguments call_;
  mica::cli::subscribe_arguments topic_;
};

} // namespace

int main(int argc, char** argv) {
  mica::service self{"mica"};
  auto& impl = self.impl();
  mica::detail::flag_reader flags{impl.config()};
  impl.config().log_level = "error";

  CLI::App app{
      "Looks into the registry, calls services, publishes and makes certificates.\n"
      "Flags stand before the command; each has a variable."};
  app.name("mica");
  app.footer(footer);
  app.set_version_flag("--version", MICA_VERSION);
  app.require_subcommand(1);
  flags.add_registry(app);
  flags.add_broker(app);
  flags.add_client(app);
  flags.add_plugins(app);

  tool commands{self};
  commands.add(app);
  mica::cli::cert_command cert{app};

  try {
    app.parse(argc, argv);
    flags.finish();
    impl.add_codecs();
    commands.finish();
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& problem) {
    std::cerr << mica::detail::one_line(problem) << std::endl;
    return mica::cli::usage;
  }
  if (cert.parsed())
    return cert.run(std::chrono::system_clock::now());
  return commands.run();
}
