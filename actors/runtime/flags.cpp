#include "runtime/flags.hpp"

#include "mica/discovery/selector.hpp"
#include "plugin/plugin_file.hpp"
#include "runtime/broker_choice.hpp"
#include "runtime/part_names.hpp"
#include "runtime/transport_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace mica::detail {

namespace {

using std::chrono::nanoseconds;

// Go Micro's message for a name that no implementation has.
void require_known(const std::string& kind, const std::string& name,
                   const std::vector<std::string_view>& known,
                   const std::string& hint = {}) {
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end())
    return;
  std::string list;
  for (auto x : known)
    list += (list.empty() ? "" : ", ") + std::string{x};
  throw CLI::ValidationError(kind + " " + name + " not found (known: " + list + ")"
                             + hint);
}

void read_duration(const char* flag, const std::string& text, nanoseconds& to) {
  if (text.empty())
    return;
  if (!parse_go_duration(text, to) || to <= nanoseconds{0})
    throw CLI::ValidationError(std::string{flag} + ": \"" + text
                               + "\" is no duration; write 300ms, 5s or 1m30s");
}

} // namespace

void split_list(const std::vector<std::string>& from, std::vector<std::string>& to) {
  if (from.empty())
    return;
  to.clear();
  for (const auto& item : from) {
    size_t start = 0;
    while (start <= item.size()) {
      auto end = std::min(item.find(',', start), item.size());
      if (end > start)
        to.push_back(item.substr(start, end - start));
      start = end + 1;
    }
  }
}

void flag_reader::add_registry(CLI::App& app) {
  app.add_option(
         "--registry", to_.registry,
         "consul, etcd, zookeeper, mdns, gossip, static, memory; default: consul "
         "if an agent answers, else mdns")
      ->envname("MICRO_REGISTRY");
  app.add_option("--registry_address", registry_addresses_,
                 "addresses of the registry, comma-separated")
      ->allow_extra_args(false)
      ->envname("MICRO_REGISTRY_ADDRESS");
  app.add_option("--consul_datacenter", to_.consul_datacenter,
                 "where Consul looks for services; default: the agent's (mica's own)")
      ->envname("MICA_CONSUL_DATACENTER");
  app.add_option("--mdns_interface", interfaces_,
                 "interfaces for mdns, comma-separated; default: all (mica's own)")
      ->allow_extra_args(false)
      ->envname("MICA_MDNS_INTERFACE");
  app.add_option("--gossip_address", to_.gossip_address,
                 "address of the gossip registry, host:port; default: any port (mica's "
                 "own)")
      ->envname("MICA_GOSSIP_ADDRESS");
  app.add_option(
         "--gossip_advertise", to_.gossip_advertise,
         "address that other members of the gossip registry are told (mica's own)")
      ->envname("MICA_GOSSIP_ADVERTISE");
  app.add_option("--static_file", to_.static_file,
                 "nodes for the registry static, one a line (mica's own)")
      ->envname("MICA_STATIC_FILE");
  // Better by environment: everybody sees command lines.
  app.add_option("--gossip_keys", gossip_keys_,
                 "AES keys, comma-separated (mica's own)")
      ->allow_extra_args(false)
      ->envname("MICA_GOSSIP_KEYS");
}

void flag_reader::add_broker(CLI::App& app) {
  std::string names;
  for (auto x : known_brokers())
    names += (names.empty() ? "" : ", ") + std::string{x};
  app.add_option("--broker", to_.broker, names + "; default: the first")
      ->envname("MICRO_BROKER");
  app.add_option("--broker_address", broker_addresses_,
                 "addresses of the broker, comma-separated")
      ->allow_extra_args(false)
      ->envname("MICRO_BROKER_ADDRESS");
}

void flag_reader::add_client(CLI::App& app) {
  app.add_option("--selector", to_.selector, "random, roundrobin, p2c or hash")
      ->envname("MICRO_SELECTOR");
  app.add_option("--client", to_.client_protocol,
                 "protocol of calls: grpc or mucp; default: the best of each node")
      ->envname("MICRO_CLIENT");
  std::string transports;
  for (auto x : known_transports())
    transports += (transports.empty() ? "" : ", ") + std::string{x};
  app.add_option("--transport", to_.transport, transports + "; default: the first")
      ->envname("MICRO_TRANSPORT");
  app.add_option("--transport_address", transport_addresses_,
                 "addresses of the transport's servers, comma-separated")
      ->allow_extra_args(false)
      ->envname("MICRO_TRANSPORT_ADDRESS");
  app.add_option("--client_request_timeout", request_timeout_,
                 "time for a call, retries included; default 5s")
      ->envname("MICRO_CLIENT_REQUEST_TIMEOUT");
  app.add_option("--client_retries", to_.retries, "attempts after the first; default 1")
      ->envname("MICRO_CLIENT_RETRIES")
      ->check(CLI::Range(0, 100));
  app.add_option("--client_pool_size", pool_size_,
                 "idle connections kept per address; default 100")
      ->envname("MICRO_CLIENT_POOL_SIZE");
  app.add_option("--client_pool_ttl", pool_ttl_,
                 "age at which a connection is not re-used; default 1m")
      ->envname("MICRO_CLIENT_POOL_TTL");
  app.add_option("--log_level", to_.log_level, "trace, debug, info, warn, error")
      ->envname("MICRO_LOG_LEVEL");
  add_client_tls(app);
}

void flag_reader::add_server(CLI::App& app) {
  app.add_option("--server_name", to_.name, "name of the service")
      ->envname("MICRO_SERVER_NAME");
  app.add_option("--server_version", to_.version, "version of the service")
      ->envname("MICRO_SERVER_VERSION");
  app.add_option("--server_id", to_.id, "id of this node; default: a random UUID")
      ->envname("MICRO_SERVER_ID");
  app.add_option("--server_address", to_.address, "address to listen on, host:port")
      ->envname("MICRO_SERVER_ADDRESS");
  app.add_option("--server_advertise", to_.advertise,
                 "address to register instead of the bound one")
      ->envname("MICRO_SERVER_ADVERTISE");
  app.add_option("--server_metadata", metadata_, "key=value pairs to register")
      ->allow_extra_args(false)
      ->envname("MICRO_SERVER_METADATA");
  app.add_option("--lanes", to_.lanes,
                 "I/O threads that serve, 1 to 64; default 1 (mica's own)")
      ->envname("MICA_LANES")
      ->check(CLI::Range(size_t{1}, max_lanes));
  app.add_option("--admin_address", to_.admin_address,
                 "host:port for /metrics; without a host on loopback alone; default: "
                 "nowhere (mica's own)")
      ->envname("MICA_ADMIN_ADDRESS");
  app.add_option("--server", to_.server_protocol,
                 "protocol to announce, mucp or grpc; both are served; default: mucp")
      ->envname("MICRO_SERVER");
  app.add_option("--register_ttl", ttl_, "seconds a registration lives; default 60")
      ->envname("MICRO_REGISTER_TTL")
      ->check(CLI::Range(int64_t{1}, int64_t{86'400}));
  app.add_option("--register_interval", interval_,
                 "seconds between renewals; default 30")
      ->envname("MICRO_REGISTER_INTERVAL")
      ->check(CLI::Range(int64_t{1}, int64_t{86'400}));
  add_server_tls(app);
}

void flag_reader::add_plugins(CLI::App& app) {
  app.add_option("--plugin", plugin_files_,
                 "shared objects that bring a registry, broker, transport, ...; may be "
                 "given more than once")
      ->allow_extra_args(false)
      ->envname("MICRO_PLUGIN");
}

void flag_reader::load_plugins() {
  std::vector<std::string> files;
  split_list(plugin_files_, files);
  if (files.empty())
    return;
  if (files.size() > max_plugins)
    throw CLI::ValidationError("--plugin: more than " + std::to_string(max_plugins)
                               + " files");
  to_.extensions = std::make_shared<extensions>();
  for (const auto& x : files) {
    auto loaded = load_plugin(x, *to_.extensions);
    if (!loaded)
      throw CLI::ValidationError(loaded.error().detail);
    loaded_parts_.push_back(std::move(*loaded));
  }
}

void flag_reader::check_names() {
  static const extensions none;
  const auto& more = to_.extensions ? *to_.extensions : none;
  auto check = [this](const std::string& kind, const std::string& name,
                      plugin_kind which, const auto& table) {
    std::string hint;
    for (const auto& x : loaded_parts_)
      if (x.ends_with(" " + name))
        hint = "; a plugin brings the " + x;
    require_known(kind, name, all_names(part_names(which), table), hint);
  };
  check("Registry", to_.registry, plugin_kind::registry, more.registries);
  check("Broker", to_.broker, plugin_kind::broker, more.brokers);
  check("Selector", to_.selector, plugin_kind::selector, more.selectors);
  check("Client", to_.client_protocol, plugin_kind::client, more.clients);
  check("Server", to_.server_protocol, plugin_kind::server, more.servers);
  check("Transport", to_.transport, plugin_kind::transport, more.transports);
}

void flag_reader::finish() {
  load_plugins();
  check_names();
  require_known("Log level", to_.log_level,
                {"trace", "debug", "info", "warn", "error"});
  split_list(registry_addresses_, to_.registry_addresses);
  split_list(broker_addresses_, to_.broker_addresses);
  split_list(transport_addresses_, to_.transport_addresses);
  split_list(interfaces_, to_.mdns_interfaces);
  split_list(gossip_keys_, to_.gossip_keys);
  std::vector<std::string> pairs;
  split_list(metadata_, pairs);
  read_pairs("--server_metadata", pairs, to_.metadata);
  read_duration("--client_request_timeout", request_timeout_, to_.request_timeout);
  nanoseconds pool_ttl = to_.pool.ttl;
  read_duration("--client_pool_ttl", pool_ttl_, pool_ttl);
  to_.pool.ttl = std::chrono::ceil<std::chrono::milliseconds>(pool_ttl);
  if (pool_size_ > 0)
    to_.pool.idle_per_address = pool_size_;
  if (ttl_ > 0)
    to_.register_ttl = std::chrono::seconds{ttl_};
  if (interval_ > 0)
    to_.register_interval = std::chrono::seconds{interval_};
  finish_tls();
  if (to_.name.empty())
    throw CLI::ValidationError("--server_name: a service needs a name");
}

// CLI11's own words for the usual mistakes, in Go Micro's.
std::string one_line(const CLI::ParseError& problem) {
  std::string text = problem.what();
  // Its name is that of the app here, its code is not.
  if (problem.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    // The words stand behind the colon, the last one first.
    auto words = ' ' + text.substr(std::min(text.find(": ") + 2, text.size()));
    auto flag = words.find(" -");
    if (flag != std::string::npos)
      text = "flag provided but not defined:"
             + words.substr(flag, words.find(' ', flag + 1) - flag);
    else
      text = "unexpected argument:" + words;
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text + "; --help lists the flags";
}

void read_pairs(const char* flag, const std::vector<std::string>& pairs,
                std::map<std::string, std::string>& to) {
  for (const auto& item : pairs) {
    auto equals = item.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw CLI::ValidationError(std::string{flag} + ": \"" + item
                                 + "\" is no key=value pair");
    to[item.substr(0, equals)] = item.substr(equals + 1);
  }
}

flags_outcome parse_flags(settings& to, int argc, const char* const* argv) {
  CLI::App app{to.name + ": a mica service"};
  app.name(to.name);
  app.set_help_flag("--help,-h", "show the flags and end");
  flag_reader flags{to};
  flags.add_server(app);
  flags.add_registry(app);
  flags.add_broker(app);
  flags.add_client(app);
  flags.add_plugins(app);
  try {
    app.parse(argc, argv);
    flags.finish();
  } catch (const CLI::CallForHelp&) {
    return {flags_outcome::action::print_and_exit, app.help()};
  } catch (const CLI::ParseError& problem) {
    return {flags_outcome::action::refuse, one_line(problem)};
  }
  return {};
}

bool parse_go_duration(const std::string& text, nanoseconds& out) {
  static constexpr auto units = std::array<std::pair<std::string_view, double>, 7>{{
      {"ns", 1.0},
      {"us", 1e3},
      {"\u00b5s", 1e3},
      {"ms", 1e6},
      {"s", 1e9},
      {"m", 60e9},
      {"h", 3600e9},
  }};
  if (text.empty() || text.size() > 64)
    return false;
  if (text == "0") {
    out = nanoseconds{0};
    return true;
  }
  double total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    auto digits = rest.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos)
      return false;
    char* end = nullptr;
    auto number_text = std::string{rest.substr(0, digits)};
    auto number = std::strtod(number_text.c_str(), &end);
    if (*end != '\0')
      return false;
    rest.remove_prefix(digits);
    auto unit_size = std::min(rest.find_first_of("0123456789."), rest.size());
    auto unit = std::find_if(units.begin(), units.end(), [&](const auto& x) {
      return x.first == rest.substr(0, unit_size);
    });
    if (unit == units.end())
      return false;
    rest.remove_prefix(unit_size);
    total += number * unit->second;
  }
  if (!(total < 9.2e18))
    return false;
  out = nanoseconds{static_cast<int64_t>(std::llround(total))};
  return true;
}

} // namespace mica::detail
