// The flags themselves, in groups, for services and for the command-line tool.

#pragma once

#include "runtime/settings.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace mica::detail {

/// Adds flags to a CLI11 app and, after the parse, writes what they said into the
/// settings. Lives until `finish`.
class flag_reader {
public:
  explicit flag_reader(settings& to) : to_(to) {
    // nop
  }

  void add_registry(CLI::App& app);
  void add_broker(CLI::App& app);
  void add_client(CLI::App& app);
  void add_server(CLI::App& app);

  /// `--plugin`, of every program.
  void add_plugins(CLI::App& app);

  /// Throws CLI::ValidationError with Go Micro's message for a wrong value.
  void finish();

private:
  void add_client_tls(CLI::App& app);
  void add_server_tls(CLI::App& app);
  void finish_tls();
  void load_plugins();
  void check_names();

  settings& to_;
  std::string request_timeout_, pool_ttl_;
  std::vector<std::string> registry_addresses_, broker_addresses_, interfaces_,
      transport_addresses_, plugin_files_, metadata_, gossip_keys_;
  /// Kind and name of what they brought.
  std::vector<std::string> loaded_parts_;
  size_t pool_size_ = 0;
  int64_t ttl_ = 0;
  int64_t interval_ = 0;
  std::vector<std::string> client_names_;
  bool enable_tls_ = false;
  CLI::Option* enable_tls_given_ = nullptr;
  bool insecure_ = false;
};

/// Appends what stands between the commas of `from`, which replaces what was in `to`,
/// unless there is nothing.
void split_list(const std::vector<std::string>& from, std::vector<std::string>& to);

/// What is wrong, in one line and in Go Micro's words where it has some.
std::string one_line(const CLI::ParseError& problem);

/// Reads `key=value` pairs; throws CLI::ValidationError that names `flag`.
void read_pairs(const char* flag, const std::vector<std::string>& pairs,
                std::map<std::string, std::string>& to);

} // namespace mica::detail
