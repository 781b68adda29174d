// grpc-interop-server --port=N [--use_tls=true --tls_cert_file=F --tls_key_file=F]
//                     [--placement=worker|lane|thread]
//
// Serves grpc.testing.TestService on the loopback interface until SIGTERM. Port 0 lets
// the system choose; the line "Listening on HOST:PORT" tells.

#include "interop_service.hpp"

#include "mica/actors/service.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

struct server_arguments {
  uint16_t port = 0;
  bool use_tls = false;
  std::string cert_file;
  std::string key_file;
  mica::placement placement = mica::worker;
};

void add_flags(CLI::App& app, server_arguments& to) {
  const std::map<std::string, mica::placement> placements{
      {"worker", mica::worker}, {"lane", mica::lane}, {"thread", mica::thread}};
  app.add_option("--port", to.port, "port to listen on");
  app.add_option("--use_tls", to.use_tls, "serve under TLS");
  app.add_option("--tls_cert_file", to.cert_file, "certificate chain, PEM");
  app.add_option("--tls_key_file", to.key_file, "its key, PEM");
  app.add_option("--placement", to.placement, "where the handler runs")
      ->transform(CLI::CheckedTransformer(placements));
}

// What the service reads from its own command line.
std::vector<std::string> service_flags(const server_arguments& from) {
  std::vector<std::string> result{"--registry=memory", "--server_address=127.0.0.1:"
                                                           + std::to_string(from.port)};
  if (from.use_tls) {
    result.emplace_back("--enable_tls");
    result.push_back("--tls_cert_file=" + from.cert_file);
    result.push_back("--tls_key_file=" + from.key_file);
  }
  return result;
}

} // namespace

int main(int argc, char** argv) {
  server_arguments arguments;
  CLI::App app{"gRPC interop server", "grpc-interop-server"};
  add_flags(app, arguments);
  CLI11_PARSE(app, argc, argv);

  auto flags = service_flags(arguments);
  std::vector<char*> words{argv[0]};
  for (auto& flag : flags)
    words.push_back(flag.data());
  mica::service service{"interop.server"};
  service.handle<interop_service>({.placement = arguments.placement});
  return service.run(static_cast<int>(words.size()), words.data());
}
