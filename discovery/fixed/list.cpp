#include "fixed/list.hpp"

#include "mica/net/addresses.hpp"
#include "records/validate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace mica::discovery::fixed {

namespace {

constexpr std::string_view blanks = " \t\r";

/// The next word of a line, empty at its end.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  auto word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

error wrong(const std::string& what) {
  return {errc::invalid_argument, what};
}

error check_address(std::string_view text) {
  if (net::is_unix_address(text))
    return {};
  auto parts = net::parse_host_port(text);
  if (!parts || parts->host.empty() || parts->port == 0)
    return wrong("\"" + std::string{text} + "\" is no address: write host:port");
  return {};
}

service_record record_of(std::string_view service, std::string_view address) {
  service_record result;
  result.name = service;
  node x;
  x.id = result.name + '-' + std::string{address};
  x.address = address;
  result.nodes.push_back(std::move(x));
  return result;
}

/// What Go Micro's nodes announce, and mica's are called by all the same.
void complete(service_record& record) {
  record.nodes.front().metadata.try_emplace("protocol", "mucp");
}

error check(const service_record& record) {
  if (auto why = check_address(record.nodes.front().address))
    return why;
  return validate(record, std::chrono::nanoseconds{0});
}

expected<service_record> read_line(std::string_view line) {
  auto service = take_word(line);
  auto address = take_word(line);
  if (address.empty())
    return wrong("write a service and its address, e.g. greeter 10.0.0.1:8080");
  auto result = record_of(service, address);
  for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
    auto equals = word.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      return wrong("\"" + std::string{word} + "\" is no key=value");
    auto key = std::string{word.substr(0, equals)};
    auto value = std::string{word.substr(equals + 1)};
    if (key == "version")
      result.version = std::move(value);
    else
      result.nodes.front().metadata[key] = std::move(value);
  }
  complete(result);
  if (auto why = check(result))
    return why;
  return result;
}

} // namespace

expected<records> read_pairs(const std::vector<std::string>& pairs) {
  if (pairs.size() > max_nodes)
    return wrong("more than " + std::to_string(max_nodes) + " nodes are listed");
  records result;
  for (const auto& pair : pairs) {
    auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      return wrong("\"" + pair
                   + "\" is no service=address, e.g. greeter=127.0.0.1:8080");
    auto record = record_of(std::string_view{pair}.substr(0, equals),
                            std::string_view{pair}.substr(equals + 1));
    complete(record);
    if (auto why = check(record))
      return why;
    result.push_back(std::move(record));
  }
  return merge({}, std::move(result));
}

expected<records> read_lines(std::string_view text, const std::string& name) {
  if (text.size() > max_file_bytes)
    return wrong(name + " has more than " + std::to_string(max_file_bytes) + " bytes");
  records result;
  for (size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(blanks) == std::string_view::npos)
      continue;
    auto record = read_line(line);
    auto why = record ? error{} : record.error();
    if (record && result.size() == max_nodes)
      why = wrong("more than " + std::to_string(max_nodes) + " nodes are listed");
    if (why)
      return wrong(name + ':' + std::to_string(number) + ": " + why.detail);
    result.push_back(std::move(*record));
  }
  return merge({}, std::move(result));
}

records merge(records first, records second) {
  // By service and id, so that a later version replaces an earlier one.
  std::map<std::pair<std::string, std::string>, std::pair<std::string, node>> nodes;
  for (auto* list : {&first, &second})
    for (auto& record : *list)
      for (auto& x : record.nodes)
        nodes.insert_or_assign({record.name, x.id}, std::pair{record.version, x});
  std::map<std::pair<std::string, std::string>, service_record> versions;
  for (auto& [key, value] : nodes) {
    auto& record = versions[{key.first, value.first}];
    record.name = key.first;
    record.version = value.first;
    record.nodes.push_back(std::move(value.second));
  }
  records result;
  for (auto& [key, record] : versions)
    result.push_back(std::move(record));
  return result;
}

records without(const records& before, const records& after) {
  std::set<std::pair<std::string, std::string>> kept;
  for (const auto& record : after)
    for (const auto& x : record.nodes)
      kept.emplace(record.name, x.id);
  records result;
  for (auto record : before) {
    std::erase_if(record.nodes, [&](const node& x) {
      return kept.count({record.name, x.id}) != 0;
    });
    if (!record.nodes.empty())
      result.push_back(std::move(record));
  }
  return result;
}

} // namespace mica::discovery::fixed
