#include "mucp/envelope.hpp"
#include "json/scanner.hpp"
#include "json/text.hpp"

#include <utility>

namespace mica::mucp::json_rpc {

namespace {

using json::kind;
using json::scanner;

// One level of `params` around the body; null stands for "none".
struct members {
  std::string method;
  std::string id;
  std::string failure;
  std::string_view params;
  std::string_view result;
  bool has_method = false;
};

bool read_id(scanner& in, std::string& id) {
  std::string_view digits;
  switch (in.peek()) {
    case kind::string:
      return in.string(id);
    case kind::number:
      if (!in.number(digits))
        return false;
      id = digits;
      return true;
    case kind::null:
      return in.null();
    default:
      return in.fail("id must be a string, a number or null");
  }
}

bool read_failure(scanner& in, std::string& failure) {
  std::string_view text;
  switch (in.peek()) {
    case kind::null:
      return in.null();
    case kind::string:
      if (!in.string(failure))
        return false;
      break;
    default:
      // Other JSON-RPC servers send objects here.
      if (!in.raw(text))
        return false;
      failure = text;
  }
  if (failure.empty())
    failure = "unspecified error";
  return true;
}

bool read_value(scanner& in, std::string_view& value) {
  if (in.peek() == kind::null)
    return in.null();
  return in.raw(value);
}

bool read(scanner& in, members& to) {
  if (in.peek() != kind::object)
    return in.fail("expected an object");
  if (!in.enter())
    return false;
  std::string name;
  std::string_view ignored;
  unsigned seen = 0;
  for (bool first = true; in.next_member(first, name);) {
    auto number = name == "method"   ? 1u
                  : name == "params" ? 2u
                  : name == "id"     ? 3u
                  : name == "result" ? 4u
                  : name == "error"  ? 5u
                                     : 0u;
    if (number > 0 && (std::exchange(seen, seen | 1u << number) & 1u << number))
      return in.fail(name + " is there twice");
    auto ok = true;
    switch (number) {
      case 1:
        ok = in.peek() == kind::string ? in.string(to.method)
                                       : in.fail("method must be a string");
        to.has_method = true;
        break;
      case 2:
        ok = read_value(in, to.params);
        break;
      case 3:
        ok = read_id(in, to.id);
        break;
      case 4:
        ok = read_value(in, to.result);
        break;
      case 5:
        ok = read_failure(in, to.failure);
        break;
      default:
        ok = in.raw(ignored);
    }
    if (!ok)
      return false;
  }
  return !in.failed() && in.finish();
}

error broken(const std::string& what) {
  return {errc::invalid_argument, "json-rpc envelope: " + what};
}

// The only element of an array; false if it has none or more.
bool only_element(std::string_view array, std::string_view& element) {
  scanner in{array};
  auto first = true;
  return in.peek() == kind::array && in.enter() && in.next_element(first)
         && in.raw(element) && !in.next_element(first) && !in.failed();
}

void append_body(std::string& out, std::string_view body) {
  while (!body.empty() && (body.back() == '\n' || body.back() == ' '))
    body.remove_suffix(1);
  out += body.empty() ? "{}" : body;
}

} // namespace

expected<envelope> open_request(std::string_view text) {
  scanner in{text};
  members found;
  if (!read(in, found))
    return broken(in.failure());
  if (!found.has_method)
    return broken(R"(no member method; wanted is {"method":"Service.Method",)"
                  R"("params":[{...}],"id":"1"})");
  envelope result;
  if (!only_element(found.params, result.body))
    return broken("params must be an array of one element, the request");
  result.endpoint = std::move(found.method);
  result.id = std::move(found.id);
  return result;
}

expected<envelope> open_reply(std::string_view text) {
  scanner in{text};
  members found;
  if (!read(in, found))
    return broken(in.failure());
  envelope result;
  result.id = std::move(found.id);
  result.failure = std::move(found.failure);
  result.body = found.result;
  return result;
}

std::string wrap_request(std::string_view endpoint, std::string_view id,
                         std::string_view body) {
  std::string out;
  out.reserve(endpoint.size() + id.size() + body.size() + 40);
  out += "{\"method\":";
  json::append_string(out, endpoint);
  out += ",\"params\":[";
  append_body(out, body);
  out += "],\"id\":";
  json::append_string(out, id);
  out += "}\n";
  return out;
}

std::string wrap_reply(std::string_view id, std::string_view failure,
                       std::string_view body) {
  std::string out;
  out.reserve(id.size() + failure.size() + body.size() + 40);
  out += "{\"id\":";
  json::append_string(out, id);
  out += ",\"result\":";
  if (failure.empty())
    append_body(out, body);
  else
    out += "null";
  out += ",\"error\":";
  if (failure.empty())
    out += "null";
  else
    json::append_string(out, failure);
  out += "}\n";
  return out;
}

} // namespace mica::mucp::json_rpc
