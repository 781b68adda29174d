#include "cli/doctor.hpp"

#include "cli/commands.hpp"
#include "cli/diagnosis.hpp"
#include "cli/requests.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/service.hpp"
#include "mica/discovery/consul_checks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <set>

namespace mica::cli {

namespace {

using discovery::checked_node;
using discovery::node;
using discovery::service_record;
using discovery::snapshot;

/// Nodes that are looked at, each with a few connections; of the others nothing is
/// said.
constexpr size_t nodes_looked_at = 16;

/// For Consul's word on leases.
constexpr auto checks_time = std::chrono::seconds{5};

/// For a node's word on its health.
constexpr auto health_time = std::chrono::seconds{5};

std::string joined(const std::vector<std::string>& xs) {
  std::string result;
  for (const auto& x : xs)
    result += (result.empty() ? "" : ", ") + x;
  return result;
}

std::string count(size_t n, const std::string& what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

/// Calls a node as any client would that has picked it: by a registry that knows
/// nothing else. So protocol and TLS follow from what the node announces, and from the
/// flags.
expected<incoming_reply> ask_health(detail::service_impl& via, service_record version,
                                    const node& x) {
  service_options options;
  options.registry =
      std::make_shared<registry_source>("memory", [](caf::actor_system& system) {
        return discovery::spawn_memory_registry(system);
      });
  service alone{"mica", options};
  alone.impl().config() = via.config();
  version.nodes = {x};
  outgoing_call request;
  request.service = version.name;
  request.endpoint = "Debug.Health";
  request.body = "{}";
  auto known = ask_registry<caf::ok_atom>(alone.impl(), discovery::register_atom::value,
                                          std::move(version), caf::timespan{0});
  if (!known)
    return std::move(known.error());
  call_options how;
  how.deadline = health_time;
  how.retry = retry_rule::never;
  return call_and_wait(alone.impl(), std::move(request), how);
}

/// What to do about a registry that does not answer.
std::string registry_advice(const std::string& name) {
  if (name == "consul")
    return "start an agent there, or name another by --registry_address; behind ACLs, "
           "CONSUL_HTTP_TOKEN is needed";
  if (name == "gossip")
    return "name members that run, host:port, by --registry_address, and their keys by "
           "--gossip_keys";
  if (name == "mdns")
    return "multicast needs an interface that is up: name one by --mdns_interface";
  if (name == "static")
    return "correct the list (--registry_address, --static_file)";
  return "start it there, or name another by --registry_address";
}

class examination {
public:
  examination(detail::service_impl& via, const std::string& name)
    : via_(via),
      name_(name) {
    // nop
  }

  int run() {
    if (!look_at_registry())
      return failed;
    auto found = look_up();
    look_at_leases(found);
    size_t seen = 0;
    for (const auto& version : found.versions)
      for (const auto& x : version.nodes)
        if (seen++ < nodes_looked_at)
          look_at(version, x);
    if (seen > nodes_looked_at)
      say(verdict::open, "nodes",
          "only the first " + std::to_string(nodes_looked_at) + " of "
              + std::to_string(seen) + " were looked at; mica health asks all");
    return well_ ? done : failed;
  }

private:
  void say(const finding& x) {
    well_ = well_ && x.what == verdict::ok;
    std::cout << to_string(x) << std::endl;
  }

  void say(verdict what, std::string step, std::string text) {
    say(finding{what, std::move(step), std::move(text)});
  }

  /// About one node.
  void say(const node& about, finding x) {
    x.text = about.id + ": " + x.text;
    say(x);
  }

  bool look_at_registry() {
    const auto& config = via_.config();
    auto name = ask_registry<std::string>(via_, discovery::name_atom::value);
    registry_ = name ? *name : config.registry;
    auto where = config.registry_addresses.empty()
                     ? std::string{}
                     : " (" + joined(config.registry_addresses) + ')';
    auto records =
        ask_registry<std::vector<service_record>>(via_, discovery::list_atom::value);
    if (!records) {
      say(verdict::fail, "registry",
          registry_ + where + " does not answer: " + records.error().detail + "; "
              + registry_advice(registry_));
      return false;
    }
    std::set<std::string> names;
    for (const auto& x : *records)
      names.insert(x.name);
    known_.assign(names.begin(), names.end());
    auto chosen = config.registry.empty() ? " by default" : "";
    say(verdict::ok, "registry",
        registry_ + where + chosen + " answers; it knows "
            + count(known_.size(), "service"));
    return true;
  }

  snapshot look_up() {
    auto found = ask_registry<snapshot>(via_, discovery::lookup_atom::value, name_);
    if (!found) {
      // Said once it is known whether Consul hides something.
      missing_ = found.error();
      return {};
    }
    size_t nodes = 0;
    for (const auto& x : found->versions)
      nodes += x.nodes.size();
    say(verdict::ok, "registered",
        name_ + " has " + count(nodes, "node") + " in "
            + count(found->versions.size(), "version"));
    return std::move(*found);
  }

  void say_not_registered() {
    if (missing_.reason != errc::service_not_found)
      return say(verdict::fail, "registered",
                 "the registry can't say: " + missing_.detail + "; "
                     + registry_advice(registry_));
    std::string text = registry_ + " does not know " + name_;
    if (registry_ == "memory")
      text += ", and never will: this registry ends with its process, nobody else sees "
              "it; choose one that both sides share by --registry";
    else if (auto names = similar_names(name_, known_); !names.empty())
      text += "; perhaps you mean " + joined(names);
    else if (registry_ == "static")
      text += "; list its nodes (--registry_address, --static_file)";
    else if (via_.config().registry.empty())
      text += "; " + registry_
              + " was chosen by default: does the service use another one? Name it by "
                "--registry and --registry_address";
    else
      text += "; start the service with the same --registry and --registry_address";
    say(verdict::fail, "registered", std::move(text));
  }

  void look_at_leases(const snapshot& found) {
    std::vector<checked_node> checked;
    error unknown;
    if (registry_ == "consul") {
      discovery::consul_options options;
      options.addresses = via_.config().registry_addresses;
      options.datacenter = via_.config().consul_datacenter;
      auto answer = discovery::consul_checks(options, name_, checks_time);
      if (answer)
        checked = std::move(*answer);
      else
        unknown = answer.error();
    }
    if (missing_ && checked.empty())
      return say_not_registered();
    if (missing_)
      say(verdict::ok, "registered",
          name_ + " has " + count(checked.size(), "node")
              + ", which lookups leave out");
    if (unknown)
      return say(verdict::open, "lease",
                 "consul does not say: " + unknown.detail + "; try again");
    size_t expired = 0;
    for (const auto& x : checked) {
      if (x.trouble.empty())
        continue;
      if (++expired <= nodes_looked_at)
        say_expired(x);
    }
    if (expired == 0)
      say(verdict::ok, "lease",
          registry_ == "static"      ? "listed nodes need none"
          : registry_ == "zookeeper" ? "ZooKeeper keeps nodes without one, also of "
                                       "processes that have ended"
                                     : "kept by " + count(nodes_of(found), "node"));
  }

  static size_t nodes_of(const snapshot& x) {
    size_t result = 0;
    for (const auto& version : x.versions)
      result += version.nodes.size();
    return result;
  }

  void say_expired(const checked_node& x) {
    auto text = "is not renewed (" + x.trouble + "), so lookups leave it out; ";
    if (try_to_connect(x.address))
      text += x.address
              + " takes connections: does its process reach its agent, and is "
                "--register_interval shorter than --register_ttl?";
    else
      text += "nothing takes connections at " + x.address
              + ": its process has ended, start it again; Consul forgets the old node "
                "after a while";
    say(node{x.id, x.address, {}}, {verdict::fail, "lease", std::move(text)});
  }

  void look_at(const service_record& version, const node& x) {
    auto reached = try_to_connect(x.address);
    if (!reached)
      return say(x, {verdict::fail, "address", reached.error().detail});
    say(x, {verdict::ok, "address",
            *reached == x.address
                ? x.address + " takes connections"
                : x.address + " is " + *reached + ", which takes connections"});
    const auto& config = via_.config();
    auto choice = detail::parse_protocol_choice(config.client_protocol);
    auto calls = detail::route_to(
        x, choice ? *choice : detail::protocol_choice::automatic, config.client_secure);
    auto speaks = listen_to(x.address, calls.to.secure);
    auto tls = judge_tls(calls, config.client_secure, speaks);
    if (tls.what != verdict::ok)
      return say(x, std::move(tls));
    if (!speaks.tls)
      if (auto protocol = judge_protocol(calls, speaks); protocol.what != verdict::ok) {
        say(x, std::move(tls));
        return say(x, std::move(protocol));
      }
    auto answer = ask_health(via_, version, x);
    // By our own side, not by the node, which was not heard.
    auto refused = !answer && answer.error().id == "go.micro.client"
                   && answer.error().reason != errc::timeout;
    if (speaks.tls && refused)
      return say(x, {verdict::fail, "tls",
                     answer.error().detail
                         + " (the flags: --client_tls_ca_file, "
                           "--client_tls_server_name, --client_tls_cert_file)"});
    say(x, std::move(tls));
    say(x, {verdict::ok, "protocol", "calls are " + protocol_name(calls)});
    say_health(x, answer);
  }

  /// True if a node answered that it has no such endpoint: by mica's and gRPC's words,
  /// or by those of Go Micro's servers, which have no code.
  static bool lacks_health(const error& x) {
    return x.code == 404 || x.code == 415 || x.code == 501
           || x.detail.starts_with("rpc: can't find ");
  }

  void say_health(const node& x, const expected<incoming_reply>& answer) {
    if (!answer) {
      if (lacks_health(answer.error()))
        return say(x, {verdict::ok, "health",
                       "it answers, and has no Debug.Health to ask ("
                           + answer.error().detail + ")"});
      auto late = answer.error().reason == errc::timeout
                      ? std::string{"; it hangs, or has more work than it can do"}
                      : std::string{"; see its log"};
      return say(x, {verdict::fail, "health", answer.error().detail + late});
    }
    auto json = nlohmann::json::parse(answer->payload(), nullptr, false);
    auto status =
        json.is_object() && json.contains("status") && json["status"].is_string()
            ? json["status"].get<std::string>()
            : std::string{"nothing that can be read"};
    if (status == "ok")
      return say(x, {verdict::ok, "health", "it says ok"});
    say(x, {verdict::fail, "health", "it says " + status + "; see its log"});
  }

  detail::service_impl& via_;
  const std::string name_;
  std::string registry_;
  std::vector<std::string> known_;
  /// Why lookups do not find the service.
  error missing_;
  bool well_ = true;
};

} // namespace

int doctor(detail::service_impl& via, const std::string& name) {
  return examination{via, name}.run();
}

} // namespace mica::cli
