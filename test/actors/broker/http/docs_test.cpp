// What the documentation says of the http broker.

#define CAF_SUITE http_broker_docs

#include "http_world.hpp"

#include "codecs/http_text.hpp"
#include "support/paths.hpp"

#include <map>
#include <sstream>

using namespace mica;
using namespace mica::test;

namespace {

struct block {
  std::string kind;
  std::string text;
};

std::vector<block> blocks_of(const std::string& path) {
  std::istringstream in{read_file(mica::test::source_path(path))};
  std::vector<block> result;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside)
        result.push_back({line.substr(3), {}});
    } else if (inside) {
      result.back().text += line + '\n';
    }
  }
  return result;
}

// The block as it stands on the wire, with the Content-Length that the page leaves out.
std::string wire_of(const std::string& text) {
  auto head_end = std::min(text.find("\n\n"), text.size() - 1);
  std::string body;
  if (head_end + 2 < text.size())
    body = text.substr(head_end + 2, text.size() - head_end - 3);
  std::string result;
  std::istringstream lines{text.substr(0, head_end)};
  for (std::string line; std::getline(lines, line);)
    result += line + "\r\n";
  return result + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

http_text message_of(std::string_view wire) {
  return take_message(wire);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_broker_docs_tests, http_world)

  CAF_TEST(each example of the page is answered as the page says) {
    auto there = connected();
    subscribe(there, record());
    auto id = ids("micro.http.broker").at(0);
    auto blocks = blocks_of("docs/wire/broker.md");
    CAF_CHECK(blocks.size() >= 12u);
    CAF_REQUIRE_EQUAL(blocks.size() % 2, 0u);
    raw_peer peer{address(there)};
    for (size_t i = 0; i < blocks.size(); i += 2) {
      CAF_REQUIRE_EQUAL(blocks[i].kind, "request");
      CAF_REQUIRE_EQUAL(blocks[i + 1].kind, "reply");
      auto request = wire_of(blocks[i].text);
      if (auto known = request.find("id=events-1 "); known != std::string::npos)
        request.replace(known + 3, 8, id);
      peer.send(request);
      auto response = message_of(peer.response());
      auto wanted = message_of(wire_of(blocks[i + 1].text));
      CAF_CHECK_EQUAL(response.start_line, wanted.start_line);
      CAF_CHECK_EQUAL(field_lines(response.fields), field_lines(wanted.fields));
      CAF_CHECK_EQUAL(response.body, wanted.body);
    }
  }

  CAF_TEST(every limit stands on its page with its default) {
    auto page = read_file(mica::test::source_path("docs/limits.md"));
    auto section = page.substr(page.find("## The broker http:"));
    http_broker_options now;
    auto ms = [](std::chrono::milliseconds x) {
      return static_cast<size_t>(x.count());
    };
    std::map<std::string, size_t> fields{
        {"event_bytes` | bytes", now.event_bytes},
        {"header_bytes` | bytes", now.header_bytes},
        {"unanswered_events` | events", now.unanswered_events},
        {"unanswered_bytes` | bytes", now.unanswered_bytes},
        {"outbox_events` | events", now.outbox_events},
        {"in_flight` | events", now.in_flight},
        {"in_flight_bytes` | bytes", now.in_flight_bytes},
        {"attempts` | attempts", now.attempts},
        {"backoff` | ms", ms(now.backoff)},
        {"max_backoff` | ms", ms(now.max_backoff)},
        {"publish_time` | ms", ms(now.publish_time)},
        {"known_subscribers` | subscribers", now.known_subscribers},
        {"subscriptions` | subscriptions", now.subscriptions},
        {"waiting_events` | events", now.waiting_events},
        {"waiting_bytes` | bytes", now.waiting_bytes},
        {"remembered_ids` | events", now.remembered_ids},
        {"remembered_time` | ms", ms(now.remembered_time)},
        {"register_ttl` | ms", ms(now.register_ttl)},
        {"flush_time` | ms", ms(now.flush_time)}};
    for (const auto& [name, value] : fields) {
      auto row = "| `" + name + " | " + std::to_string(value) + " |";
      if (section.find(row) == std::string::npos)
        CAF_ERROR("docs/limits.md has no row " << row);
    }
  }

  CAF_TEST_FIXTURE_SCOPE_END()
