#include "io/destination.hpp"

#include <string_view>
#include <utility>

namespace mica::net {

namespace {

constexpr std::string_view unix_scheme = "unix:";

} // namespace

expected<std::unique_ptr<destination>> make_destination(const target& to) {
  auto result = std::make_unique<destination>();
  result->to = to;
  if (std::string_view{to.address}.substr(0, unix_scheme.size()) == unix_scheme) {
    if (to.address.size() == unix_scheme.size())
      return error{errc::invalid_argument,
                   "address \"" + to.address + "\": a path must follow unix:"};
    result->numeric = true;
    return result;
  }
  auto parsed = parse_host_port(to.address);
  if (!parsed)
    return std::move(parsed.error());
  if (parsed->host.empty() || parsed->port == 0)
    return error{errc::invalid_argument,
                 "address \"" + to.address + "\": host and port must be given"};
  result->address = std::move(*parsed);
  result->numeric = is_numeric_host(result->address.host);
  return result;
}

} // namespace mica::net
