#include "cli/commands.hpp"

#include "cli/requests.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <set>

namespace mica::cli {

namespace {

using discovery::service_record;

std::string text_of(const discovery::labels& metadata) {
  std::string result;
  for (const auto& [key, value] : metadata)
    result += (result.empty() ? "" : ",") + key + "=" + value;
  return result;
}

void print_value(const value& x, size_t depth) {
  auto indent = std::string(depth, '\t');
  if (depth > 0)
    std::cout << indent << x.name << ' ';
  if (x.values.empty()) {
    std::cout << (depth > 0 ? x.type : "{}") << '\n';
    return;
  }
  if (depth > 0 && x.type != x.name)
    std::cout << x.type << ' ';
  std::cout << "{\n";
  for (const auto& field : x.values)
    print_value(field, depth + 1);
  std::cout << indent << "}\n";
}

void print_nodes(const service_record& record) {
  size_t id_width = 2;
  size_t address_width = 7;
  for (const auto& node : record.nodes) {
    id_width = std::max(id_width, node.id.size());
    address_width = std::max(address_width, node.address.size());
  }
  auto column = [](size_t width) { return std::setw(static_cast<int>(width) + 1); };
  std::cout << std::left << column(id_width) << "ID" << column(address_width)
            << "Address"
            << "Metadata\n";
  for (const auto& node : record.nodes)
    std::cout << column(id_width) << node.id << column(address_width) << node.address
              << text_of(node.metadata) << '\n';
}

} // namespace

int list_services(detail::service_impl& via) {
  auto records =
      ask_registry<std::vector<service_record>>(via, discovery::list_atom::value);
  if (!records)
    return complain("error listing services: " + to_string(records.error()));
  std::set<std::string> names;
  for (const auto& x : *records)
    names.insert(x.name);
  for (const auto& name : names)
    std::cout << name << '\n';
  return done;
}

int get_service(detail::service_impl& via, const std::string& name) {
  auto found =
      ask_registry<discovery::snapshot>(via, discovery::lookup_atom::value, name);
  if (!found)
    return complain(found.error().reason == errc::service_not_found
                        ? "Service not found"
                        : "error getting " + name + ": " + to_string(found.error()));
  std::cout << "service  " << name << "\n";
  for (const auto& record : found->versions) {
    std::cout << "\nversion " << record.version << "\n\n";
    print_nodes(record);
  }
  // Go Micro's tool prints the endpoints of the first version.
  for (const auto& x : found->versions.front().endpoints) {
    std::cout << "\nEndpoint: " << x.name << "\n\nRequest: ";
    print_value(x.request, 0);
    std::cout << "\nResponse: ";
    print_value(x.response, 0);
  }
  return done;
}

int call(detail::service_impl& via, const call_arguments& arguments) {
  if (!nlohmann::json::accept(arguments.body))
    return complain_of_json(arguments.body);
  outgoing_call request;
  request.service = arguments.service;
  request.endpoint = arguments.endpoint;
  request.body = arguments.body;
  for (const auto& [key, text] : arguments.metadata)
    request.headers.set(canonical_name(key), text);
  call_options options;
  options.address = arguments.address;
  auto reply = call_and_wait(via, std::move(request), options);
  if (!reply)
    return complain("error calling " + arguments.service + "." + arguments.endpoint
                    + ": " + to_json(reply.error()));
  auto text = reply->payload();
  auto json = arguments.raw ? nlohmann::ordered_json(nlohmann::json::value_t::discarded)
                            : nlohmann::ordered_json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    std::cout << text;
    if (text.empty() || text.back() != '\n')
      std::cout << '\n';
  } else {
    std::cout << json.dump(1, '\t') << '\n';
  }
  return done;
}

} // namespace mica::cli
