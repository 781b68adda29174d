#include "io/destination.hpp"

#include <utility>

namespace mica::net {

expected<std::unique_ptr<destination>> make_destination(const target& to) {
  auto result = std::make_unique<destination>();
  result->to = to;
  if (is_unix_address(to.address)) {
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
