#include "real_agent.hpp"

#include "support/paths.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <sys/wait.h>

namespace mica::test::consul {

namespace {

namespace fs = std::filesystem;

constexpr int not_installed = 77;

[[noreturn]] void skip() {
  auto ci = std::getenv("CI");
  auto must_run = ci && std::string{ci} == "true";
  std::cerr << (must_run ? "FAILED" : "SKIPPED")
            << ": Consul is not there; bash test/servers/install.sh consul\n";
  std::_Exit(must_run ? 1 : 0);
}

std::string port_in(const fs::path& dir) {
  std::ifstream in{dir / "port"};
  std::string port;
  in >> port;
  return port;
}

} // namespace

std::string shared_agent() {
  auto port = port_in(MICA_CONSUL_DIR);
  if (port.empty())
    skip();
  return "127.0.0.1:" + port;
}

own_agent::own_agent() {
  std::string name = (fs::temp_directory_path() / "mica-consul.XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error{"no temporary folder"};
  dir_ = name;
  start();
}

own_agent::~own_agent() {
  script("kill");
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::string own_agent::address() const {
  return "127.0.0.1:" + port_in(dir_);
}

void own_agent::kill() {
  if (script("kill") != 0)
    throw std::runtime_error{"the agent can't be killed"};
}

void own_agent::restart() {
  start();
}

void own_agent::restart_empty() {
  fs::remove_all(fs::path{dir_} / "data");
  start();
}

void own_agent::start() {
  switch (script("start")) {
    case 0:
      return;
    case not_installed:
      skip();
    default:
      throw std::runtime_error{"Consul does not start, see above"};
  }
}

int own_agent::script(const std::string& verb) {
  auto command = "bash '" + mica::test::source_path("test/servers/consul.sh") + "' "
                 + verb + " '" + dir_ + "' >&2";
  auto status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace mica::test::consul
