// A real server for tests, started by a script of this folder.

#pragma once

#include "support/paths.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>

namespace mica::test {

/// Ends the process with "SKIPPED: ..."; with CI=true that is a failure.
[[noreturn]] inline void skip(const std::string& why) {
  auto ci = std::getenv("CI");
  auto must_run = ci != nullptr && std::string{ci} == "true";
  std::cerr << (must_run ? "FAILED" : "SKIPPED") << ": " << why << '\n';
  std::_Exit(must_run ? 1 : 0);
}

/// The port that a script has chosen, 0 if there is none.
inline int port_in(const std::filesystem::path& dir) {
  std::ifstream in{dir / "port"};
  int port = 0;
  in >> port;
  return port;
}

/// Of a server that a ctest fixture has started; skips if there is none.
inline std::string shared_server(const std::string& dir, const std::string& name) {
  auto port = port_in(dir);
  if (port == 0)
    skip(name + " is not there; see test/servers/README.md");
  return "127.0.0.1:" + std::to_string(port);
}

/// A server of the test's own, to be killed and restarted. Its data goes with it.
class own_server {
public:
  /// @param name of the script.
  /// @param environment `NAME=value` for it, e.g. TLS files.
  explicit own_server(std::string name, std::string environment = {})
    : name_(std::move(name)),
      environment_(std::move(environment)) {
    auto dir = (std::filesystem::temp_directory_path() / "mica-server.XXXXXX").string();
    if (::mkdtemp(dir.data()) == nullptr)
      throw std::runtime_error{"no temporary folder"};
    dir_ = dir;
    start();
  }

  ~own_server() {
    script("kill");
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  own_server(const own_server&) = delete;
  own_server& operator=(const own_server&) = delete;

  std::string address() const {
    return "127.0.0.1:" + std::to_string(port_in(dir_));
  }

  /// SIGKILL; returns when it is gone.
  void kill() {
    if (script("kill") != 0)
      throw std::runtime_error{name_ + " can't be killed"};
  }

  /// On its data and its port, if it was there before.
  void start() {
    constexpr int not_installed = 77;
    switch (script("start")) {
      case 0:
        return;
      case not_installed:
        skip(name_ + " is not installed");
      default:
        throw std::runtime_error{name_ + " does not start, see above"};
    }
  }

  /// The same with its data lost.
  void start_empty() {
    std::filesystem::remove_all(std::filesystem::path{dir_} / "data");
    start();
  }

private:
  int script(const std::string& verb) {
    auto command = environment_ + " bash '" + mica::test::source_path("test/servers/")
                   + name_ + ".sh' " + verb + " '" + dir_ + "' >&2";
    auto status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }

  const std::string name_;
  const std::string environment_;
  std::string dir_;
};

} // namespace mica::test
