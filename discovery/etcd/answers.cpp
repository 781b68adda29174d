#include "etcd/base64.hpp"
#include "etcd/wire.hpp"
#include "records/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mica::discovery::etcd {

namespace {

using json = nlohmann::json;

/// Bytes of one answer, and of one line of a watch.
constexpr size_t answer_bytes = 16 * 1024 * 1024;

/// Bytes of its words that go into an error.
constexpr size_t words_bytes = 200;

mica::error unreadable(std::string why) {
  return {errc::protocol_error, "etcd's answer can't be read: " + std::move(why)};
}

expected<json> parse_object(std::string_view body) {
  std::string why;
  auto result = parse_json(body, why, answer_bytes);
  if (!result)
    return unreadable(std::move(why));
  if (!result->is_object())
    return unreadable("no JSON object");
  return std::move(*result);
}

/// 64-bit numbers are texts here, and zero is left out. Nothing if it is no number.
std::optional<int64_t> number(const json& from, std::string_view key) {
  auto x = member(from, key);
  if (!x)
    return 0;
  if (x->is_number_integer())
    return x->get<int64_t>();
  auto text = x->get_ptr<const std::string*>();
  int64_t result = 0;
  if (!text)
    return std::nullopt;
  auto end = text->data() + text->size();
  auto [stop, failure] = std::from_chars(text->data(), end, result);
  if (failure != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

std::string text_of(const json& from, std::string_view key) {
  auto x = member(from, key);
  auto text = x ? x->get_ptr<const std::string*>() : nullptr;
  return text ? *text : std::string{};
}

bool is_true(const json& from, std::string_view key) {
  auto x = member(from, key);
  return x && x->is_boolean() && x->get<bool>();
}

std::optional<int64_t> revision_of(const json& answer) {
  auto header = member(answer, "header");
  return header && header->is_object() ? number(*header, "revision") : std::nullopt;
}

/// The bytes of a member; without one, none.
std::optional<std::string> bytes_of(const json& from, std::string_view key) {
  auto x = member(from, key);
  if (!x)
    return std::string{};
  auto text = x->get_ptr<const std::string*>();
  return text ? parse_base64(*text) : std::nullopt;
}

/// Takes what changed out of `events`.
bool read_events(const json& result, watch_line& to) {
  auto events = member(result, "events");
  if (!events)
    return true;
  if (!events->is_array())
    return false;
  for (const auto& event : *events) {
    auto kv = event.is_object() ? member(event, "kv") : nullptr;
    auto key = kv && kv->is_object() ? bytes_of(*kv, "key") : std::nullopt;
    if (!key)
      return false;
    if (auto service = service_part(*key); !service.empty())
      to.services.push_back(std::move(service));
  }
  std::sort(to.services.begin(), to.services.end());
  to.services.erase(std::unique(to.services.begin(), to.services.end()),
                    to.services.end());
  return true;
}

/// What etcd says of a failure: `error` of a refusal, `message` of a broken stream.
std::string own_words(const json& answer) {
  auto failure = member(answer, "error");
  auto words = failure && failure->is_object() ? text_of(*failure, "message")
                                               : text_of(answer, "error");
  shorten(words, words_bytes);
  return words;
}

} // namespace

expected<range> parse_range(std::string_view body) {
  auto answer = parse_object(body);
  if (!answer)
    return std::move(answer.error());
  auto revision = revision_of(*answer);
  if (!revision)
    return unreadable("no revision");
  range result{*revision, {}};
  auto items = member(*answer, "kvs");
  if (!items)
    return result;
  if (!items->is_array())
    return unreadable("kvs is no list");
  for (const auto& item : *items) {
    if (!item.is_object())
      return unreadable("kvs holds something else than objects");
    auto key = bytes_of(item, "key");
    auto value = bytes_of(item, "value");
    if (!key || !value)
      return unreadable("a key or value is no base64");
    result.items.push_back({std::move(*key), std::move(*value)});
  }
  return result;
}

expected<std::string> parse_grant(std::string_view body) {
  auto answer = parse_object(body);
  if (!answer)
    return std::move(answer.error());
  auto id = number(*answer, "ID");
  if (!id || *id == 0)
    return unreadable("a lease without an id");
  return std::to_string(*id);
}

expected<bool> parse_keep_alive(std::string_view body) {
  auto answer = parse_object(body);
  if (!answer)
    return std::move(answer.error());
  auto result = member(*answer, "result");
  if (!result || !result->is_object())
    return unreadable(own_words(*answer));
  auto ttl = number(*result, "TTL");
  if (!ttl)
    return unreadable("a TTL that is no number");
  return *ttl > 0;
}

expected<std::string> parse_token(std::string_view body) {
  auto answer = parse_object(body);
  if (!answer)
    return std::move(answer.error());
  auto token = text_of(*answer, "token");
  // Anything else would end the header and begin another one.
  if (token.empty() || std::any_of(token.begin(), token.end(), [](unsigned char c) {
        return c <= 0x20 || c >= 0x7f;
      }))
    return unreadable("no token, or one with blanks");
  return token;
}

expected<watch_line> parse_watch_line(std::string_view line) {
  auto answer = parse_object(line);
  if (!answer)
    return std::move(answer.error());
  watch_line result;
  auto content = member(*answer, "result");
  if (!content || !content->is_object()) {
    result.end = own_words(*answer);
    if (result.end.empty())
      return unreadable("a line without a result");
    return result;
  }
  auto revision = revision_of(*content);
  if (!revision || !read_events(*content, result))
    return unreadable("a watch without revision, or with a bad key");
  result.revision = *revision;
  result.created = is_true(*content, "created");
  if (is_true(*content, "canceled")) {
    result.end = text_of(*content, "cancel_reason");
    shorten(result.end, words_bytes);
    if (result.end.empty())
      result.end = number(*content, "compact_revision").value_or(0) > 0
                       ? "its revision was compacted"
                       : "etcd ended it";
  }
  return result;
}

mica::error refused(const http_answer& answer, const std::string& url) {
  auto shown = answer;
  if (auto parsed = answer.status == 200 ? expected<json>{json::object()}
                                         : parse_object(answer.body)) {
    auto words = own_words(*parsed);
    if (!words.empty())
      shown.body = std::move(words);
  }
  return discovery::refusal(shown, url, "etcd");
}

bool wants_token(const http_answer& answer) {
  // Expired or unknown: 401. After a change of users or roles: 400 in these words.
  return answer.status == 401
         || (answer.status == 400
             && answer.body.find("revision of auth store is old") != std::string::npos);
}

} // namespace mica::discovery::etcd
