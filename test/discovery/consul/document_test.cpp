// The examples of docs/wire/consul.md.

#define CAF_SUITE consul.document

#include "consul/health.hpp"
#include "consul/registrations.hpp"
#include "consul/requests.hpp"
#include "consul/tags.hpp"
#include "consul/watch_table.hpp"
#include "http/worker.hpp"

#include "support.hpp"

#include "mica/discovery/records.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <fstream>
#include <sstream>

using namespace mica::discovery;
using namespace mica::discovery::consul;
using namespace mica::test::consul;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// The lines of the code block that starts with ```KIND.
strings block(const std::string& kind) {
  std::ifstream in{mica::test::source_path("docs/wire/consul.md")};
  strings lines;
  bool inside = false;
  std::string line;
  while (std::getline(in, line)) {
    if (inside && line == "```")
      return lines;
    if (inside)
      lines.push_back(line);
    else
      inside = line == "```" + kind;
  }
  CAF_FAIL("no block of this kind: " << kind);
  return {};
}

std::string read_document() {
  std::ifstream in{mica::test::source_path("docs/wire/consul.md")};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string joined(const strings& lines) {
  std::string out;
  for (const auto& line : lines)
    out += line;
  return out;
}

} // namespace

CAF_TEST(the registration is what we send) {
  auto text = joined(block("register"));
  auto contents = decode_tags(tags_of(text));
  CAF_CHECK(contents.ignored.empty());
  CAF_REQUIRE_EQUAL(contents.endpoints.size(), 1u);
  CAF_CHECK_EQUAL(contents.endpoints[0].name, "Greeter.Hello");
  service_record record{"greeter",
                        contents.version,
                        {},
                        contents.endpoints,
                        {{"greeter-7f3a", "127.0.0.1:50137", contents.metadata}}};
  auto request = register_request(record, record.nodes[0], 1min);
  CAF_REQUIRE(request);
  // Another zlib may compress otherwise.
  CAF_CHECK_EQUAL(without_tag_bytes(request->body), without_tag_bytes(text) + "\n");
}

CAF_TEST(the tags say what stands beside them) {
  for (const auto& line : block("tags")) {
    auto blank = line.find(' ');
    auto tag = line.substr(0, blank);
    auto meaning = line.substr(blank + 1);
    auto contents = decode_tags({&tag, 1});
    CAF_CHECK(contents.ignored.empty());
    if (tag[0] == 'v') {
      CAF_CHECK_EQUAL(contents.version, meaning);
    } else {
      CAF_REQUIRE_EQUAL(contents.metadata.size(), 1u);
      const auto& [key, value] = *contents.metadata.begin();
      CAF_CHECK_EQUAL("{\"" + key + "\":\"" + value + "\"}", meaning);
    }
  }
}

CAF_TEST(what is ignored is ignored and what is foreign is not ours) {
  for (const auto& tag : block("ignored"))
    CAF_CHECK_EQUAL(decode_tags({&tag, 1}).ignored.count(), 1u);
  for (const auto& tag : block("foreign"))
    CAF_CHECK_EQUAL(decode_tags({&tag, 1}).ignored.count(), 0u);
}

CAF_TEST(the health answer has these nodes) {
  auto answer = parse_health("greeter", joined(block("health")));
  CAF_REQUIRE(answer);
  CAF_CHECK(answer->ignored.empty());
  strings nodes;
  for (const auto& version : answer->found.versions)
    for (const auto& x : version.nodes)
      nodes.push_back(version.version + " " + x.id + " " + x.address);
  CAF_CHECK_EQUAL(nodes, block("nodes"));
}

CAF_TEST(the catalog has these services) {
  auto answer = parse_catalog(joined(block("catalog")));
  CAF_REQUIRE(answer);
  strings services;
  for (const auto& x : answer->services)
    services.push_back(x.version.empty() ? x.name : x.name + " " + x.version);
  CAF_CHECK_EQUAL(services, block("services"));
}

CAF_TEST(the calls are those of the table) {
  auto in_document = [text = read_document()](const api_request& x) {
    return text.find("`" + x.method + " " + x.target + "`") != std::string::npos;
  };
  CAF_CHECK(in_document(pass_request("ID")));
  CAF_CHECK(in_document(deregister_request("ID")));
  CAF_CHECK(in_document(lookup_request("NAME")));
  CAF_CHECK(in_document(list_request()));
  CAF_CHECK(in_document(watch_request("NAME", 0, 1min)));
  CAF_CHECK(in_document({"PUT", "/v1/agent/service/register", {}}));
  CAF_CHECK(!in_document({"PUT", "/v1/agent", {}}));
}

CAF_TEST(the limits are those of the code) {
  watch_limits watches;
  http_worker_limits worker;
  auto line = [](const char* name, auto value) {
    return std::string{name} + " " + std::to_string(value);
  };
  strings expected{
      line("watch_limits.services", watches.services),
      line("watch_limits.blocking_queries", watches.blocking_queries),
      line("watch_limits.first_queries", watches.first_queries),
      line("watch_limits.wait", watches.wait.count()),
      line("watch_limits.shortest_wait", watches.shortest_wait.count()),
      line("watch_limits.interval", watches.interval.count()),
      line("watch_limits.without_index", watches.without_index.count()),
      line("http_worker_limits.active", worker.active),
      line("http_worker_limits.waiting", worker.waiting),
      line("http_worker_limits.header_bytes", worker.header_bytes),
      line("http_request.answer_bytes", http_request{}.answer_bytes),
      line("registrations.remembered", registrations::remembered),
      line("registrations.waiting_per_node", registrations::waiting_per_node),
  };
  CAF_CHECK_EQUAL(block("limits"), expected);
}
