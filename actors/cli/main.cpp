// The command-line tool `mica`.

#include "cli/cert.hpp"
#include "cli/commands.hpp"
#include "mica/actors/service.hpp"
#include "runtime/flags.hpp"
#include "runtime/service_impl.hpp"

#include <iostream>

namespace {

constexpr auto footer = R"(
Examples:
  mica list services
  mica get service greeter
  mica call greeter Greeter.Hello '{"name":"John"}'
  mica call --address 127.0.0.1:8080 greeter Greeter.Hello '{"name":"John"}'
  mica cert ca --dir certs && mica cert server --dir certs

Exit codes:
  0  done
  1  the look-up, the call or the making failed; stderr says why
  2  wrong use)";

} // namespace

int main(int argc, char** argv) {
  mica::service self{"mica"};
  auto& impl = self.impl();
  mica::detail::flag_reader flags{impl.config()};
  impl.config().log_level = "error";

  CLI::App app{"Looks into the registry, calls services and makes certificates.\n"
               "Flags stand before the command; each has a variable."};
  app.name("mica");
  app.footer(footer);
  app.set_version_flag("--version", MICA_VERSION);
  app.require_subcommand(1);
  flags.add_registry(app);
  flags.add_client(app);

  auto* list = app.add_subcommand("list", "list what the registry knows");
  list->require_subcommand(1);
  auto* list_services = list->add_subcommand("services", "names of all services");

  auto* get = app.add_subcommand("get", "show one thing of the registry");
  get->require_subcommand(1);
  auto* get_service =
      get->add_subcommand("service", "nodes and endpoints of a service");
  std::string name;
  get_service->add_option("NAME", name, "name of the service")->required();

  auto* call = app.add_subcommand("call", "call an endpoint with JSON");
  mica::cli::call_arguments arguments;
  std::vector<std::string> metadata;
  std::string output;
  call->add_option("SERVICE", arguments.service, "name of the service")->required();
  call->add_option("ENDPOINT", arguments.endpoint, "e.g. Greeter.Hello")->required();
  call->add_option("JSON", arguments.body, "the request; default: {}");
  call->add_option("--address", arguments.address,
                   "host:port of a node; the registry is not asked");
  call->add_option("--metadata", metadata, "key=value pairs to send along")
      ->allow_extra_args(false);
  call->add_option("--output", output, "raw: print the reply as it came")
      ->check(CLI::IsMember({"raw", "json"}));

  mica::cli::cert_command cert{app};

  try {
    app.parse(argc, argv);
    flags.finish();
    mica::detail::read_pairs("--metadata", metadata, arguments.metadata);
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& problem) {
    std::cerr << mica::detail::one_line(problem) << std::endl;
    return mica::cli::usage;
  }
  if (cert.parsed())
    return cert.run(std::chrono::system_clock::now());
  if (list_services->parsed())
    return mica::cli::list_services(impl);
  if (get_service->parsed())
    return mica::cli::get_service(impl, name);
  arguments.raw = output == "raw";
  if (arguments.body.empty())
    arguments.body = "{}";
  return mica::cli::call(impl, arguments);
}
