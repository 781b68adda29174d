#include "records/json_reader.hpp"

#include <algorithm>

namespace mica::discovery {

namespace {

using json = nlohmann::json;

// nlohmann's parser has no depth limit, and what is read recurses.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  auto in_string = false;
  for (size_t pos = 0; pos < text.size(); ++pos) {
    auto c = text[pos];
    if (in_string) {
      if (c == '\\')
        ++pos;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_record_depth)
        return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

bool equal_keys(std::string_view x, std::string_view y) {
  auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  };
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

bool mismatch(std::string& why, std::string_view expected, const json& found) {
  why = std::string{": expected "}.append(expected) + ", found " + found.type_name();
  return false;
}

// Puts the place of what went wrong in front: "[2]", then "nodes" makes
// "nodes[2].id: expected a string, found number".
bool fail_at(std::string& why, std::string_view place) {
  if (!why.empty() && why.front() != ':' && why.front() != '[')
    why.insert(0, ".");
  why.insert(0, place);
  return false;
}

// Calls `read_item(item)` for each object of the list `key`.
template <class ReadItem>
bool read_list(const json& from, std::string_view key, std::string& why,
               ReadItem read_item) {
  auto list = member(from, key);
  if (!list)
    return true;
  if (!list->is_array()) {
    mismatch(why, "a list", *list);
    return fail_at(why, key);
  }
  size_t index = 0;
  for (const auto& item : *list) {
    if (item.is_object() ? !read_item(item) : !mismatch(why, "an object", item)) {
      fail_at(why, '[' + std::to_string(index) + ']');
      return fail_at(why, key);
    }
    ++index;
  }
  return true;
}

bool read_content(const json& from, value& to, std::string& why) {
  return read(from, "name", to.name, why) && read(from, "type", to.type, why)
         && read_list(from, "values", why, [&](const json& item) {
              return read_content(item, to.values.emplace_back(), why);
            });
}

bool read_value(const json& from, std::string_view key, value& to, std::string& why) {
  auto object = member(from, key);
  if (!object)
    return true;
  if (object->is_object() ? !read_content(*object, to, why)
                          : !mismatch(why, "an object", *object))
    return fail_at(why, key);
  return true;
}

bool read_content(const json& from, endpoint& to, std::string& why) {
  return read(from, "name", to.name, why)
         && read_value(from, "request", to.request, why)
         && read_value(from, "response", to.response, why)
         && read(from, "metadata", to.metadata, why);
}

// `host:port` has one colon, a bare IPv6 address has several.
bool is_bare_ipv6(std::string_view address) {
  return std::count(address.begin(), address.end(), ':') > 1;
}

// Up to v1.7, Go Micro wrote the port apart from the host.
bool read_old_port(const json& from, std::string& address, std::string& why) {
  auto port = member(from, "port");
  if (!port)
    return true;
  if (!port->is_number_integer() || *port < 0 || *port > 65'535) {
    why = ": expected 0..65535";
    return fail_at(why, "port");
  }
  auto number = port->get<unsigned>();
  if (number == 0 || address.empty() || address.front() == '[')
    return true;
  if (is_bare_ipv6(address))
    address = '[' + address + ']';
  else if (address.find(':') != std::string::npos)
    return true;
  address += ':' + std::to_string(number);
  return true;
}

bool read_content(const json& from, node& to, std::string& why) {
  return read(from, "id", to.id, why) && read(from, "address", to.address, why)
         && read(from, "metadata", to.metadata, why)
         && read_old_port(from, to.address, why);
}

// Removes nlohmann's "parse error at ..." text, which may quote megabytes.
std::string position(const json::exception& failure) {
  auto parse_failure = dynamic_cast<const json::parse_error*>(&failure);
  return parse_failure
             ? "no JSON from byte " + std::to_string(parse_failure->byte) + " on"
             : std::string{"no JSON: a number is out of range"};
}

std::optional<json> parse_object(std::string_view text, std::string& why) {
  auto result = parse_json(text, why);
  if (result && !result->is_object()) {
    why = std::string{"expected an object, found "} + result->type_name();
    return std::nullopt;
  }
  return result;
}

} // namespace

std::optional<json> parse_json(std::string_view text, std::string& why, size_t limit) {
  if (text.size() > limit) {
    why = "longer than " + std::to_string(limit) + " bytes";
    return std::nullopt;
  }
  if (too_deep(text)) {
    why = "nested deeper than " + std::to_string(max_record_depth) + " levels";
    return std::nullopt;
  }
  try {
    return json::parse(text);
  } catch (const json::exception& failure) {
    why = position(failure);
    return std::nullopt;
  }
}

const json* member(const json& object, std::string_view key) {
  auto found = object.find(key);
  if (found == object.end())
    for (found = object.begin(); found != object.end(); ++found)
      if (equal_keys(found.key(), key))
        break;
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

bool read(const json& from, std::string_view key, std::string& to, std::string& why) {
  auto text = member(from, key);
  if (!text)
    return true;
  if (!text->is_string()) {
    mismatch(why, "a string", *text);
    return fail_at(why, key);
  }
  to = text->get_ref<const std::string&>();
  return true;
}

bool read(const json& from, std::string_view key, labels& to, std::string& why) {
  auto object = member(from, key);
  if (!object)
    return true;
  if (!object->is_object()) {
    mismatch(why, "an object", *object);
    return fail_at(why, key);
  }
  for (const auto& [name, text] : object->items()) {
    if (!text.is_string() && !text.is_null()) {
      mismatch(why, "strings only", text);
      return fail_at(why, key);
    }
    // As Go: null leaves the zero value.
    to[name] = text.is_null() ? std::string{} : text.template get<std::string>();
  }
  return true;
}

bool read(const json& from, std::string_view key, std::vector<endpoint>& to,
          std::string& why) {
  return read_list(from, key, why, [&](const json& item) {
    return read_content(item, to.emplace_back(), why);
  });
}

std::optional<endpoint> parse_endpoint(const std::string& text, std::string& why) {
  auto object = parse_object(text, why);
  endpoint result;
  if (!object || !read_content(*object, result, why))
    return std::nullopt;
  return result;
}

std::optional<service_record> parse_service_record(const std::string& text,
                                                   std::string& why) {
  auto object = parse_object(text, why);
  service_record result;
  if (!object || !read(*object, "name", result.name, why)
      || !read(*object, "version", result.version, why)
      || !read(*object, "metadata", result.metadata, why)
      || !read(*object, "endpoints", result.endpoints, why)
      || !read_list(*object, "nodes", why, [&](const json& item) {
           return read_content(item, result.nodes.emplace_back(), why);
         }))
    return std::nullopt;
  if (result.name.empty()) {
    why = "name: missing or empty";
    return std::nullopt;
  }
  return result;
}

} // namespace mica::discovery
