#include "io/destination.hpp"

#include <utility>

namespace mica::net {

expected<std::unique_ptr<destination>> make_destination(const destination_key& key) {
  auto result = std::make_unique<destination>();
  const auto& to = key.to;
  result->to = to;
  result->streams = key.streams;
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
