#include "broker/http/wire.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mica::broker::http {

namespace {

constexpr std::string_view broker_id = "go.micro.broker";
constexpr std::string_view v1_topic = ":topic";
constexpr std::string_view v2_topic = "Micro-Topic";
constexpr std::string_view v1_path = "/_sub";
constexpr std::string_view v2_path = "/";

// Bytes of a peer's answer that are looked at.
constexpr size_t answer_bytes = 4096;

error failure(int code, std::string text) {
  return {code, std::move(text), std::string{broker_id}};
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || std::string_view{"-_.~"}.find(c) != std::string_view::npos;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Of `x=1&id=events-1`, the value of `id`.
std::string id_of(std::string_view query) {
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto pair = query.substr(0, end);
    if (pair.starts_with("id="))
      return unescape_query(pair.substr(3));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

} // namespace

std::string escape_query(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (auto c : text) {
    if (is_unreserved(c)) {
      result += c;
    } else if (c == ' ') {
      result += '+';
    } else {
      result += '%';
      result += digits[static_cast<uint8_t>(c) >> 4];
      result += digits[static_cast<uint8_t>(c) & 15];
    }
  }
  return result;
}

std::string unescape_query(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    auto low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::string write_body(const event& what, generation to) {
  auto complete = what.headers.get_or(v2_topic, {}) == what.topic;
  if (complete && to == generation::v2 && !what.headers.contains(v1_topic))
    return write_event_json(what.headers, what.body);
  auto headers = what.headers;
  headers.set(v2_topic, what.topic);
  headers.erase(v1_topic);
  if (to == generation::v1)
    headers.add(v1_topic, what.topic);
  return write_event_json(headers, what.body);
}

http_request write_request(generation to, std::string_view id, std::string_view host,
                           std::string body) {
  http_request result;
  result.method = "POST";
  result.target = to == generation::v1 ? v1_path : v2_path;
  result.target += "?id=";
  result.target += escape_query(id);
  result.fields.reserve(4, 128);
  result.fields.add("Host", host);
  result.fields.add("User-Agent", "Go-http-client/1.1");
  result.fields.add("Content-Type", "application/json");
  result.body = std::move(body);
  return result;
}

expected<incoming> read_request(http_request&& request,
                                const event_json_limits& limits) {
  if (request.method != "POST")
    return failure(405, "Method not allowed");
  std::string_view target = request.target;
  auto mark = std::min(target.find('?'), target.size());
  auto path = target.substr(0, mark);
  if (path != v1_path && path != v2_path)
    return failure(404, "no broker at this path; events go to / or /_sub");
  auto message = read_event_json(request.body, limits);
  if (!message) {
    auto too_large = message.error().reason == errc::limit_exceeded;
    return failure(too_large ? 413 : 500,
                   "Error parsing request body: " + message.error().detail);
  }
  auto result = std::make_shared<event>();
  result->topic = message->headers.get_or(v1_topic, {});
  message->headers.erase(v1_topic);
  if (result->topic.empty())
    result->topic = message->headers.get_or(v2_topic, {});
  if (result->topic.empty())
    return failure(500, "Topic not found");
  result->headers = std::move(message->headers);
  result->body = std::move(message->body);
  return incoming{id_of(target.substr(std::min(mark + 1, target.size()))),
                  std::move(result)};
}

http_response accepted() {
  return {};
}

http_response refused(error why) {
  why.id = broker_id;
  http_response result;
  result.status = why.code >= 400 && why.code < 600 ? why.code : 500;
  result.fields.add("Content-Type", "application/json");
  result.body = to_json(why);
  return result;
}

expected<void> read_response(const http_response& response) {
  if (response.status >= 200 && response.status < 300)
    return {};
  auto told = parse_error(std::string_view{response.body}.substr(0, answer_bytes));
  // Another server than ours answers by its own text, or none.
  if (told.code != response.status)
    return error{response.status,
                 "HTTP " + std::to_string(response.status)
                     + (told.detail.empty() ? "" : ": " + told.detail)};
  return told;
}

} // namespace mica::broker::http
