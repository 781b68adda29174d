// Serves a port without TLS, one with, and a Unix socket, until its input ends; then
// drains. Says the addresses one a line. Certificates for localhost and the socket lie
// in the folder it is given; `ca.pem` there is whom to trust.

#include "net/io/scripted_handler.hpp"

#include "mica/net/certificates.hpp"
#include "mica/net/listener.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

using namespace mica::net;
using namespace std::chrono_literals;

namespace {

tls_server_options make_certificates(const std::string& folder) {
  auto now = std::chrono::system_clock::now();
  auto authority =
      make_authority({"test", {}, certificate_use::server, now - 1h, now + 24h});
  if (!authority)
    std::exit(2);
  auto pair = make_certificate({"test",
                                {"localhost", "127.0.0.1"},
                                certificate_use::server,
                                now - 1h,
                                now + 24h},
                               *authority);
  if (!pair)
    std::exit(2);
  std::ofstream{folder + "/ca.pem"} << authority->certificate;
  std::ofstream{folder + "/server.pem"} << pair->certificate;
  std::ofstream{folder + "/server.key"} << pair->key;
  tls_server_options result;
  result.certificate_file = folder + "/server.pem";
  result.key_file = folder + "/server.key";
  return result;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2)
    return 1;
  std::string folder = argv[1];
  signal(SIGPIPE, SIG_IGN);
  caf::actor_system_config config;
  config.load<caf::io::middleman>();
  config.set("scheduler.max-threads", size_t{1});
  config.set("middleman.max-consecutive-reads", size_t{1});
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  std::vector<listener_actor> listeners;
  auto listen = [&](const std::string& address, const tls_server_options& tls) {
    listener_options options;
    options.address = address;
    options.tls = tls;
    options.handler = std::make_shared<mica::test::scripted_handler>();
    options.report = [](const mica::error& why) { std::cerr << why.detail << '\n'; };
    listeners.push_back(spawn_listener(system, std::move(options)));
    self->request(listeners.back(), caf::infinite, listen_atom::value)
        .receive([](const std::string& bound) { std::cout << bound << std::endl; },
                 [](const caf::error&) { std::exit(3); });
  };
  listen("127.0.0.1:0", {});
  listen("127.0.0.1:0", make_certificates(folder));
  listen("unix:" + folder + "/socket", {});
  while (std::cin.get() != EOF)
    ; // repeat
  for (auto& x : listeners) {
    self->request(x, caf::infinite, drain_atom::value, caf::timespan{5s})
        .receive([](bool) {}, [](const caf::error&) { std::exit(4); });
    self->send_exit(x, caf::exit_reason::user_shutdown);
  }
  return 0;
}
