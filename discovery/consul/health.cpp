#include "consul/health.hpp"

#include "consul/requests.hpp"
#include "records/json_reader.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace mica::discovery::consul {

namespace {

using json = nlohmann::json;

/// True if arrays and objects nest deeper than `limit`. Asked before parsing, since a
/// megabyte of brackets takes a hundred times as much once parsed.
bool nests_deeper(std::string_view text, size_t limit) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit)
        return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

mica::error bad_answer(std::string_view what, std::string_view body) {
  if (body.empty())
    return {errc::protocol_error, "the answer is empty"};
  std::string begin;
  for (unsigned char c : body.substr(0, 60))
    begin += c >= 0x20 && c < 0x7f ? static_cast<char>(c) : '?';
  return {errc::protocol_error,
          std::string{what} + "; the answer begins with: " + begin};
}

/// Parses a whole answer; `null`, as Go writes an empty list, becomes `empty`.
expected<json> parse_answer(std::string_view body, json empty) {
  if (nests_deeper(body, max_record_depth))
    return bad_answer("JSON nested deeper than " + std::to_string(max_record_depth),
                      body);
  auto parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded())
    return bad_answer("broken or truncated JSON", body);
  if (parsed.is_null())
    return empty;
  if (parsed.type() != empty.type())
    return bad_answer(std::string{"JSON of the type "} + parsed.type_name()
                          + " instead of " + empty.type_name(),
                      body);
  return parsed;
}

/// A member of an object, or nullptr; null counts as missing.
const json* find(const json& object, const char* key) {
  if (!object.is_object())
    return nullptr;
  auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_or_empty(const json* object, const char* key) {
  auto found = object ? find(*object, key) : nullptr;
  auto text = found ? found->get_ptr<const std::string*>() : nullptr;
  return text ? *text : std::string{};
}

/// Texts of a list; what is no text is left out and counted.
std::vector<std::string> texts(const json* list, ignored_input& ignored) {
  std::vector<std::string> result;
  if (!list)
    return result;
  if (!list->is_array()) {
    ignored.add("tags that are no list");
    return result;
  }
  for (const auto& x : *list) {
    if (auto text = x.get_ptr<const std::string*>())
      result.push_back(*text);
    else
      ignored.add("a tag that is no text");
  }
  return result;
}

/// The first critical check of an entry, or nullptr.
const json* critical_check(const json& entry) {
  auto checks = find(entry, "Checks");
  if (!checks || !checks->is_array())
    return nullptr;
  auto found = std::find_if(checks->begin(), checks->end(), [](const json& check) {
    return text_or_empty(&check, "Status") == "critical";
  });
  return found == checks->end() ? nullptr : &*found;
}

/// Reads id and address of an entry; `why` says what is wrong with it.
std::optional<node> read_node(const json& entry, const json& offered,
                              std::string& why) {
  node result;
  result.id = text_or_empty(&offered, "ID");
  if (result.id.empty()) {
    why = "an entry without a service ID";
    return std::nullopt;
  }
  host_port where{text_or_empty(&offered, "Address"), 0};
  // Registered without an address: that of the agent's host.
  if (where.host.empty())
    where.host = text_or_empty(find(entry, "Node"), "Address");
  if (where.host.empty()) {
    why = "node " + result.id + " has no address";
    return std::nullopt;
  }
  if (auto port = find(offered, "Port")) {
    if (!port->is_number_unsigned() || port->get<uint64_t>() > 65535) {
      why = "node " + result.id + " has no port between 0 and 65535";
      return std::nullopt;
    }
    where.port = port->get<uint16_t>();
  }
  result.address = join_address(where);
  return result;
}

} // namespace

expected<health> parse_health(std::string_view service, std::string_view body) {
  auto answer = parse_answer(body, json::array());
  if (!answer)
    return std::move(answer.error());
  health result;
  result.found.service = service;
  std::map<std::string, service_record> versions;
  std::set<std::string> seen;
  for (const auto& entry : *answer) {
    auto offered = find(entry, "Service");
    if (!offered || !offered->is_object()) {
      result.ignored.add("an entry without a service");
      continue;
    }
    // Consul compares names without case, Go Micro does not.
    if (text_or_empty(offered, "Service") != service || critical_check(entry))
      continue;
    std::string why;
    auto found = read_node(entry, *offered, why);
    if (!found) {
      result.ignored.add(std::move(why));
      continue;
    }
    // One id at two agents: registered again elsewhere, the older one not gone yet.
    if (!seen.insert(found->id).second)
      continue;
    ignored_input ignored;
    auto contents = decode_tags(texts(find(*offered, "Tags"), ignored));
    ignored.add(contents.ignored);
    if (!ignored.empty())
      result.ignored.add("node " + found->id + ": " + ignored.text());
    found->metadata = std::move(contents.metadata);
    auto& version = versions[contents.version];
    if (version.endpoints.empty())
      version.endpoints = std::move(contents.endpoints);
    version.nodes.push_back(std::move(*found));
  }
  for (auto& [name, version] : versions) {
    version.name = service;
    version.version = name;
    std::sort(version.nodes.begin(), version.nodes.end(),
              [](const node& x, const node& y) { return x.id < y.id; });
    result.found.versions.push_back(std::move(version));
  }
  return result;
}

expected<std::vector<checked_node>> parse_checks(std::string_view service,
                                                 std::string_view body) {
  auto answer = parse_answer(body, json::array());
  if (!answer)
    return std::move(answer.error());
  std::vector<checked_node> result;
  for (const auto& entry : *answer) {
    auto offered = find(entry, "Service");
    std::string why;
    if (!offered || text_or_empty(offered, "Service") != service)
      continue;
    auto found = read_node(entry, *offered, why);
    if (!found)
      continue;
    checked_node x{std::move(found->id), std::move(found->address), {}};
    if (auto check = critical_check(entry)) {
      x.trouble = text_or_empty(check, "Output").substr(0, max_trouble);
      if (x.trouble.empty())
        x.trouble = "critical";
    }
    result.push_back(std::move(x));
  }
  std::sort(result.begin(), result.end(),
            [](const auto& x, const auto& y) { return x.id < y.id; });
  return result;
}

expected<catalog> parse_catalog(std::string_view body) {
  auto answer = parse_answer(body, json::object());
  if (!answer)
    return std::move(answer.error());
  catalog result;
  for (const auto& [name, tags] : answer->items()) {
    ignored_input ignored;
    std::set<std::string> versions;
    for (const auto& tag : texts(tags.is_null() ? nullptr : &tags, ignored)) {
      // One by one: these are the tags of all nodes, in no order.
      if (!tag.starts_with("v"))
        continue;
      auto contents = decode_tags({&tag, 1});
      ignored.add(contents.ignored);
      if (!contents.version.empty())
        versions.insert(std::move(contents.version));
    }
    if (versions.empty())
      versions.emplace();
    for (const auto& version : versions) {
      service_record record;
      record.name = name;
      record.version = version;
      result.services.push_back(std::move(record));
    }
    if (!ignored.empty())
      result.ignored.add("service " + name + ": " + ignored.text());
  }
  return result;
}

index_step next_index(uint64_t before, std::optional<std::string_view> header) {
  uint64_t index = 0;
  if (header) {
    auto end = header->data() + header->size();
    auto [at, failure] = std::from_chars(header->data(), end, index);
    if (failure != std::errc{} || at != end)
      index = 0;
  }
  if (index == 0)
    return {0, false};
  if (index < before)
    return {0, true};
  return {index, true};
}

} // namespace mica::discovery::consul
