#include "broker/nats/subjects.hpp"

#include <algorithm>

namespace mica::broker::nats {

namespace {

constexpr size_t max_topic_bytes = 255;
constexpr size_t max_queue_bytes = 128;

// NATS splits its protocol's lines at these; nothing else may stand in a name.
bool is_blank_or_control(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || c == '-';
}

error bad(std::string_view what, std::string_view name, std::string_view why) {
  // What is printed is bounded, and it is one line.
  std::string shown;
  for (auto c : name.substr(0, 64))
    shown += is_blank_or_control(c) ? '?' : c;
  return {errc::invalid_argument, std::string{what} + " '" + shown + "' "
                                      + std::string{why} + ", which NATS can't have"};
}

} // namespace

expected<void> check_topic(std::string_view topic) {
  if (topic.empty())
    return error{errc::invalid_argument, "the event has no topic"};
  if (topic.size() > max_topic_bytes)
    return bad("topic", topic,
               "has more than " + std::to_string(max_topic_bytes) + " bytes");
  if (std::any_of(topic.begin(), topic.end(), is_blank_or_control))
    return bad("topic", topic, "has white space or control characters");
  if (topic.find_first_of("*>") != topic.npos)
    return bad("topic", topic, "has a wildcard");
  if (topic.front() == '.' || topic.back() == '.' || topic.find("..") != topic.npos)
    return bad("topic", topic, "has an empty part between dots");
  return {};
}

expected<void> check_queue(std::string_view queue) {
  if (queue.size() > max_queue_bytes)
    return bad("queue", queue,
               "has more than " + std::to_string(max_queue_bytes) + " bytes");
  if (std::any_of(queue.begin(), queue.end(), is_blank_or_control))
    return bad("queue", queue, "has white space or control characters");
  return {};
}

std::string plain_name(std::string_view text) {
  constexpr auto digits = "0123456789ABCDEF";
  std::string result;
  for (auto c : text) {
    if (is_plain(c)) {
      result += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    result += '_';
    result += digits[byte >> 4];
    result += digits[byte & 15];
  }
  return result;
}

} // namespace mica::broker::nats
