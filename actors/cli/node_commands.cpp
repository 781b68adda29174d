#include "cli/node_commands.hpp"

#include "cli/commands.hpp"
#include "cli/requests.hpp"
#include "mica/discovery/records.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <vector>

namespace mica::cli {

namespace {

using nlohmann::json;

// What one node says to an endpoint of the debug handler.
expected<json> ask_node(detail::service_impl& via, const std::string& service,
                        const std::string& endpoint, const std::string& address) {
  outgoing_call request;
  request.service = service;
  request.endpoint = endpoint;
  request.body = "{}";
  call_options options;
  options.address = address;
  options.retries = 0;
  auto reply = call_and_wait(via, std::move(request), options);
  if (!reply)
    return std::move(reply.error());
  auto result = json::parse(reply->payload(), nullptr, false);
  if (!result.is_object())
    return error{errc::protocol_error, endpoint + " answered no JSON object", address};
  return result;
}

uint64_t number(const json& from, const char* key) {
  auto found = from.find(key);
  if (found == from.end())
    return 0;
  // protobuf's JSON writes 64-bit numbers as text, Go Micro's as numbers.
  if (found->is_string())
    return std::strtoull(found->get_ref<const std::string&>().c_str(), nullptr, 10);
  return found->is_number() ? found->get<uint64_t>() : 0;
}

std::string local_time(uint64_t seconds) {
  auto when = static_cast<std::time_t>(seconds);
  std::tm fields{};
  std::array<char, 32> text{};
  if (localtime_r(&when, &fields) == nullptr)
    return "?";
  std::strftime(text.data(), text.size(), "%b %e %H:%M:%S", &fields);
  return text.data();
}

// As Go prints a duration of whole seconds.
std::string duration(uint64_t seconds) {
  auto result = std::to_string(seconds % 60) + 's';
  if (seconds >= 60)
    result = std::to_string(seconds / 60 % 60) + 'm' + result;
  if (seconds >= 3'600)
    result = std::to_string(seconds / 3'600) + 'h' + result;
  return result;
}

std::string stats_line(const json& x) {
  std::array<char, 32> memory{};
  std::snprintf(memory.data(), memory.size(), "%.2fmb",
                static_cast<double>(number(x, "memory")) / (1'024.0 * 1'024.0));
  return local_time(number(x, "started")) + '\t' + duration(number(x, "uptime")) + '\t'
         + memory.data() + '\t' + std::to_string(number(x, "threads")) + '\t'
         + std::to_string(number(x, "gc")) + "ns";
}

using describe_node = std::function<std::string(const json&)>;

int ask_all(detail::service_impl& via, const std::string& name,
            const std::string& address, const std::string& endpoint,
            const std::string& columns, const describe_node& describe) {
  std::vector<discovery::service_record> versions;
  if (address.empty()) {
    auto found =
        ask_registry<discovery::snapshot>(via, discovery::lookup_atom::value, name);
    if (!found)
      return complain(found.error().reason == errc::service_not_found
                          ? "Service not found"
                          : "error getting " + name + ": " + to_string(found.error()));
    versions = std::move(found->versions);
  } else {
    discovery::service_record given;
    given.name = name;
    given.nodes.resize(1);
    given.nodes[0].address = address;
    versions.push_back(std::move(given));
  }
  auto result = exit_code::done;
  std::cout << "service  " << name << '\n';
  for (const auto& version : versions) {
    if (!version.version.empty())
      std::cout << "\nversion " << version.version << '\n';
    std::cout << "\nnode\t\taddress:port\t\t" << columns << '\n';
    for (const auto& node : version.nodes) {
      auto answer = ask_node(via, name, endpoint, node.address);
      auto text = answer ? describe(*answer) : to_string(answer.error());
      if (!answer)
        result = failed;
      std::cout << node.id << "\t\t" << node.address << "\t\t" << text << '\n';
    }
  }
  return result;
}

expected<discovery::service_record> read_record(const std::string& text) {
  std::string why;
  auto record = discovery::parse_service_record(text, why);
  if (!record)
    return error{errc::invalid_argument, "no service: " + why};
  return std::move(*record);
}

} // namespace

int health(detail::service_impl& via, const std::string& name,
           const std::string& address) {
  auto sick = false;
  auto result =
      ask_all(via, name, address, "Debug.Health", "status", [&](const json& x) {
        auto status = x.value("status", std::string{"?"});
        sick = sick || status != "ok";
        return status;
      });
  return result == done && sick ? failed : result;
}

int stats(detail::service_impl& via, const std::string& name,
          const std::string& address) {
  return ask_all(via, name, address, "Debug.Stats",
                 "started\tuptime\tmemory\tthreads\tgc", stats_line);
}

int register_service(detail::service_impl& via, const std::string& text) {
  auto record = read_record(text);
  if (!record) {
    std::cerr << to_string(record.error()) << std::endl;
    return usage;
  }
  // Without a lease: nobody is there to renew it.
  auto ok = ask_registry<caf::ok_atom>(via, discovery::register_atom::value, *record,
                                       caf::timespan{0});
  if (!ok)
    return complain("error registering " + record->name + ": " + to_string(ok.error()));
  return done;
}

int deregister_service(detail::service_impl& via, const std::string& text) {
  auto record = read_record(text);
  if (!record) {
    std::cerr << to_string(record.error()) << std::endl;
    return usage;
  }
  auto ok = ask_registry<caf::ok_atom>(via, discovery::deregister_atom::value, *record);
  if (!ok)
    return complain("error deregistering " + record->name + ": "
                    + to_string(ok.error()));
  return done;
}

} // namespace mica::cli
