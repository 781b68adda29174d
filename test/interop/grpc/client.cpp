// grpc-interop-client --server_host=H --server_port=N --test_case=C
//                     [--use_tls=true --ca_file=F --server_host_override=NAME]
//
// Runs one of gRPC's interop cases. Status 0 on success; otherwise one line on stderr
// says what was expected and what came.

#include "cases.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct client_arguments {
  std::string host = "localhost";
  uint16_t port = 10000;
  std::string test_case = "large_unary";
  bool use_tls = false;
  std::string ca_file;
  std::string host_override;
};

void add_flags(CLI::App& app, client_arguments& to) {
  app.add_option("--server_host", to.host, "the server's host");
  app.add_option("--server_port", to.port, "the server's port");
  app.add_option("--test_case", to.test_case, "the case to run");
  app.add_option("--use_tls", to.use_tls, "call under TLS");
  app.add_option("--ca_file", to.ca_file,
                 "certificates to trust, PEM; default: the system's");
  app.add_option("--server_host_override", to.host_override,
                 "name that the server's certificate must have");
}

// What the service reads from its own command line.
std::vector<std::string> service_flags(const client_arguments& from) {
  std::vector<std::string> result{"--registry=memory", "--client=grpc"};
  if (from.use_tls) {
    result.emplace_back("--client_tls");
    if (!from.ca_file.empty())
      result.push_back("--client_tls_ca_file=" + from.ca_file);
    if (!from.host_override.empty())
      result.push_back("--client_tls_server_name=" + from.host_override);
  }
  return result;
}

int run(mica::service& service, const client_arguments& arguments,
        case_function function) {
  mica::call_options options;
  options.address = arguments.host + ":" + std::to_string(arguments.port);
  options.deadline = 10s;
  options.retries = 0;
  try {
    grpc::testing::test_client stub{service, "interop.server"};
    function({service, stub, std::move(options)});
  } catch (const std::exception& failure) {
    std::cerr << arguments.test_case << ": " << failure.what() << '\n';
    return 1;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  client_arguments arguments;
  CLI::App app{"gRPC interop client", "grpc-interop-client"};
  add_flags(app, arguments);
  CLI11_PARSE(app, argc, argv);

  case_table cases;
  add_unary_cases(cases);
  add_stream_cases(cases);
  add_compression_cases(cases);
  auto found = cases.find(arguments.test_case);
  if (found == cases.end()) {
    std::cerr << "grpc-interop-client: no case " << arguments.test_case
              << "; there are:";
    for (const auto& entry : cases)
      std::cerr << ' ' << entry.first;
    std::cerr << '\n';
    return 2;
  }

  auto flags = service_flags(arguments);
  std::vector<char*> words{argv[0]};
  for (auto& flag : flags)
    words.push_back(flag.data());
  mica::service service{"interop.client"};
  service.init(static_cast<int>(words.size()), words.data());
  return run(service, arguments, found->second);
}
