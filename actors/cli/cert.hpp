// `mica cert`: certificates for development.

#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mica::cli {

/// `mica cert ca|server|client`: one certificate and its key as files of a directory.
///
///     D/ca.pem      D/ca.key        the authority, which signs the others
///     D/server.pem  D/server.key
///     D/client.pem  D/client.key    `server` and `client` unless --file names them
///
/// Keys are readable by their owner alone. What is there already stays without --force.
class cert_command {
public:
  /// Adds the command and its flags. The object must outlive the parse.
  explicit cert_command(CLI::App& app);

  /// True if the command line asked for this.
  bool parsed() const;

  /// Makes what was asked for, says on stdout what and how to use it; returns the exit
  /// code.
  int run(std::chrono::system_clock::time_point now) const;

private:
  int make_authority(std::chrono::system_clock::time_point now) const;
  int make_leaf(std::chrono::system_clock::time_point now) const;

  CLI::App* command_;
  CLI::App* authority_;
  CLI::App* server_;
  CLI::App* client_;
  std::string dir_ = ".";
  std::string file_;
  std::vector<std::string> names_;
  std::vector<std::string> addresses_;
  int authority_days_ = 3650;
  int leaf_days_ = 90;
  bool force_ = false;
};

} // namespace mica::cli
