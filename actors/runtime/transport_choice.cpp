#include "runtime/transport_choice.hpp"

#include "plugin/extensions.hpp"

#include <array>

namespace mica::detail {

namespace {

struct known_transport {
  std::string_view name;
  transport_source (*make)();
};

// The first is the default.
constexpr auto table = std::array{
    known_transport{"http", [] { return net::http_transport(); }},
    known_transport{"memory", [] { return net::memory_transport(); }},
#ifdef MICA_WITH_NATS
    known_transport{"nats", [] { return net::nats_transport(); }},
#endif
};

std::shared_ptr<const transport_source> by_name(const settings& from) {
  if (from.extensions)
    if (auto found = from.extensions->transports.find(from.transport))
      return found;
  for (const auto& x : table)
    if (from.transport.empty() || from.transport == x.name)
      return std::make_shared<const transport_source>(x.make());
  return nullptr;
}

// What a name of settings stands for, unless the code says it.
template <class Source>
std::shared_ptr<const Source> part_of(const std::shared_ptr<const Source>& code,
                                      const settings& from, const std::string& name,
                                      name_table<Source> extensions::*table_of) {
  if (code || !from.extensions)
    return code;
  const auto& rows = *from.extensions.*table_of;
  return rows.find(name);
}

expected<void> check(const chosen_transport& x, const settings& from) {
  auto refuse = [&](const std::string& what) {
    return error{errc::invalid_argument,
                 what + " does not travel over the transport " + x.name
                     + ", which carries mucp messages",
                 from.name};
  };
  using net::carriage;
  if (x.calls == carriage::messages && from.client_protocol == "grpc")
    return refuse("--client=grpc");
  if (x.calls == carriage::messages && from.client_secure)
    return refuse("--client_tls");
  if (x.serves == carriage::messages && from.server_protocol == "grpc")
    return refuse("--server=grpc");
  if (x.serves == carriage::messages && from.server_tls)
    return refuse("TLS of --tls_cert_file");
  return {};
}

} // namespace

const std::vector<std::string_view>& known_transports() {
  static const auto result = [] {
    std::vector<std::string_view> names;
    for (const auto& x : table)
      names.push_back(x.name);
    return names;
  }();
  return result;
}

expected<chosen_transport> choose_transport(const service_options& code,
                                            const settings& from) {
  auto transport = code.transport ? code.transport : by_name(from);
  if (!transport)
    return error{errc::not_found, "Transport " + from.transport + " not found",
                 from.name};
  chosen_transport result;
  result.name = transport->name();
  result.listen = transport->listen();
  result.pool = transport->pool();
  result.calls = result.serves = transport->carries();
  result.env = {from.transport_addresses, from.name};
  auto client = part_of(code.client, from, from.client_protocol, &extensions::clients);
  if (client) {
    result.pool = client->pool();
    result.calls = client->carries();
  }
  auto server = part_of(code.server, from, from.server_protocol, &extensions::servers);
  if (server) {
    result.listen = server->listen();
    result.serves = net::carriage::messages;
    result.protocol = server->name();
  }
  if (auto ok = check(result, from); !ok)
    return std::move(ok.error());
  return result;
}

} // namespace mica::detail
