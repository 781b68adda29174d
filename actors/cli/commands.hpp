// What the command-line tool can do.

#pragma once

#include <map>
#include <string>

namespace mica::detail {
class service_impl;
}

namespace mica::cli {

/// Exit codes; `mica --help` lists them.
enum exit_code : int {
  done = 0,
  /// The call, the look-up or the making failed; stderr says why.
  failed = 1,
  /// Wrong use: an unknown flag, a missing argument, bad JSON.
  usage = 2,
};

struct call_arguments {
  std::string service;
  std::string endpoint;
  /// The request as JSON text.
  std::string body;
  /// `host:port` to call without discovery; may be empty.
  std::string address;
  /// Print the reply as it came instead of indented.
  bool raw = false;
  std::map<std::string, std::string> metadata;
};

/// Names of all services, one a line, sorted.
int list_services(detail::service_impl& via);

/// Name, versions, nodes and endpoints of a service, as Go Micro's tool prints them.
int get_service(detail::service_impl& via, const std::string& name);

/// Calls an endpoint with JSON and prints the reply.
int call(detail::service_impl& via, const call_arguments& arguments);

} // namespace mica::cli
