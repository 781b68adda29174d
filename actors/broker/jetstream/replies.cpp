#include "broker/jetstream/replies.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <string>
#include <vector>

namespace mica::broker::jetstream {

namespace {

// A delivery's subject has 9 tokens, or 12 with domain and account.
constexpr size_t old_tokens = 9;
constexpr size_t new_tokens = 12;

std::optional<uint64_t> read_number(std::string_view text) {
  uint64_t result = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (problem != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return result;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> result;
  while (result.size() <= new_tokens) {
    auto dot = text.find('.');
    result.push_back(text.substr(0, dot));
    if (dot == text.npos)
      return result;
    text.remove_prefix(dot + 1);
  }
  return result;
}

publish_answer refused(errc reason, std::string text) {
  return {publish_answer::kind::refused, {reason, std::move(text)}};
}

errc reason_of(int code, const std::string& description) {
  // A full stream or a full server: 400 and 503 with these texts, in all versions.
  for (const auto* text : {"maximum", "insufficient", "exceeded"})
    if (description.find(text) != description.npos)
      return description.find("message size") != description.npos ? errc::limit_exceeded
                                                                  : errc::overloaded;
  return code >= 500 ? errc::unavailable : errc::invalid_argument;
}

} // namespace

std::optional<delivery_mark> read_ack_subject(std::string_view subject) {
  if (!subject.starts_with("$JS.ACK."))
    return std::nullopt;
  auto tokens = split(subject);
  size_t first = 0;
  if (tokens.size() == old_tokens)
    first = 4;
  else if (tokens.size() + 1 >= new_tokens)
    first = 6;
  else
    return std::nullopt;
  auto delivered = read_number(tokens[first]);
  auto sequence = read_number(tokens[first + 1]);
  if (!delivered || !sequence)
    return std::nullopt;
  return delivery_mark{*delivered, *sequence};
}

publish_answer read_publish_answer(std::string_view json) {
  auto read = nlohmann::json::parse(json, nullptr, false);
  if (!read.is_object())
    return refused(errc::protocol_error,
                   "the answer to a publish is no JSON object; does another program "
                   "answer requests on this topic?");
  if (auto failure = read.find("error"); failure != read.end()) {
    if (!failure->is_object())
      return refused(errc::protocol_error, "the stream refused the event");
    auto code = failure->value("code", nlohmann::json{});
    auto text = failure->value("description", nlohmann::json{});
    auto number = code.is_number_integer() ? code.get<int>() : 0;
    auto description = text.is_string() ? text.get<std::string>() : std::string{};
    return refused(reason_of(number, description),
                   "the stream refused the event: " + description.substr(0, 256));
  }
  if (auto stream = read.find("stream"); stream != read.end() && stream->is_string())
    return {publish_answer::kind::stored};
  return refused(errc::protocol_error, "the answer to a publish names no stream");
}

pull_end read_pull_status(std::string_view status, std::string_view description) {
  if (status == "503")
    return pull_end::not_ready;
  if (status == "409"
      && (description.find("Deleted") != description.npos
          || description.find("deleted") != description.npos
          || description.find("not found") != description.npos))
    return pull_end::no_consumer;
  return pull_end::over;
}

} // namespace mica::broker::jetstream
