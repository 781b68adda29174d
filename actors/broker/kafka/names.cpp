#include "broker/kafka/names.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace mica::broker::kafka {

namespace {

constexpr size_t max_name_bytes = 249;
constexpr std::string_view delivered_mark = "mica:";

bool is_topic_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || c == '.' || c == '_' || c == '-';
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// What is printed is bounded, and it is one line.
std::string shown(std::string_view text) {
  std::string result;
  for (auto c : text.substr(0, 64))
    result += is_control(c) ? '?' : c;
  return '\'' + result + '\'';
}

error bad_address(std::string_view text) {
  return {errc::invalid_argument,
          "the broker address " + shown(text) + " is none; write host:port"};
}

} // namespace

expected<void> check_topic(std::string_view topic) {
  if (topic.empty())
    return error{errc::invalid_argument, "the event has no topic"};
  if (topic.size() > max_name_bytes || topic == "." || topic == ".."
      || !std::all_of(topic.begin(), topic.end(), is_topic_char))
    return error{errc::invalid_argument,
                 "Kafka can't have the topic " + shown(topic)
                     + ": 1 to 249 letters, digits, '.', '_' and '-', not '.' or '..'"};
  return {};
}

expected<void> check_queue(std::string_view queue) {
  if (queue.size() > max_name_bytes
      || std::any_of(queue.begin(), queue.end(), is_control))
    return error{errc::invalid_argument,
                 "Kafka can't have the group " + shown(queue)
                     + ": at most 249 bytes, no control characters"};
  return {};
}

expected<std::string> parse_address(std::string_view text) {
  auto host = text;
  std::string_view port = "9092";
  auto colon = text.starts_with('[') ? text.find(':', text.find(']')) : text.find(':');
  if (colon != text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  unsigned number = 0;
  auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  auto is_host_char = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '/' && c != ','
           && c != '@';
  };
  if (host.empty() || host.size() > 255 || host.starts_with('[') != host.ends_with(']')
      || !std::all_of(host.begin(), host.end(), is_host_char) || problem != std::errc{}
      || end != port.data() + port.size() || number == 0 || number > 65'535)
    return bad_address(text);
  return std::string{host} + ':' + std::to_string(number);
}

std::string write_delivered(int64_t offset) {
  return std::string{delivered_mark} + std::to_string(offset);
}

int64_t read_delivered(std::string_view metadata) {
  if (!metadata.starts_with(delivered_mark))
    return -1;
  metadata.remove_prefix(delivered_mark.size());
  int64_t result = -1;
  auto [end, problem] =
      std::from_chars(metadata.data(), metadata.data() + metadata.size(), result);
  return problem == std::errc{} && end == metadata.data() + metadata.size() ? result
                                                                            : -1;
}

} // namespace mica::broker::kafka
