#define CAF_SUITE mdns.document

#include "virtual_lan.hpp"

#include "mdns/advert.hpp"

#include "support.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <sstream>

using namespace mica::discovery::mdns;
using namespace mica::test;

namespace {

/// The fenced blocks of docs/wire/mdns.md by what stands behind the three backticks.
std::map<std::string, std::string> blocks() {
  std::ifstream in{mica::test::source_path("docs/wire/mdns.md")};
  CAF_REQUIRE(in);
  std::map<std::string, std::string> result;
  std::string line;
  std::string open;
  while (std::getline(in, line)) {
    if (line.rfind("```", 0) == 0)
      open = open.empty() ? line.substr(3) : std::string{};
    else if (!open.empty())
      result[open] += line + '\n';
  }
  return result;
}

/// The bytes at the start of each line; the text behind them is a comment.
std::string bytes_of(const std::string& block) {
  std::string result;
  std::istringstream lines{block};
  std::string line;
  auto hex = [](const std::string& x) {
    return x.size() == 2
           && x.find_first_not_of("0123456789abcdef") == std::string::npos;
  };
  while (std::getline(lines, line)) {
    std::istringstream words{line};
    std::string word;
    while (words >> word && hex(word))
      result += static_cast<char>(std::stoi(word, nullptr, 16));
  }
  return result;
}

struct fixture {
  fixture() : text(blocks()), host(lan.add()) {
    // As in the document.
    core_options options;
    options.host = "vm";
    host.core = std::make_unique<core>(options);
    host.core->links({{7, "eth0", false, {{*parse_ip("10.0.0.1"), 24}}}},
                     virtual_lan::query_port, lan.now);
  }

  message documented(const std::string& name) {
    auto found = text.find(name);
    if (found == text.end())
      CAF_FAIL("no block " << name);
    auto result = parse_message(bytes_of(found->second));
    if (!result)
      CAF_FAIL(name << ": " << result.error().detail);
    return *result;
  }

  /// Compressors differ; what they hold must not.
  static void inflate(message& x) {
    for (auto& r : x.answers)
      if (auto txt = std::get_if<txt_data>(&r.data);
          txt != nullptr && !txt->text.empty()) {
        std::string why;
        auto json = mica::discovery::from_hex_zlib(txt->text, 10'000, why);
        CAF_REQUIRE(json);
        txt->text = *json;
      }
  }

  static bool same(message x, message y) {
    inflate(x);
    inflate(y);
    return x == y;
  }

  mica::discovery::service_record record() const {
    return {"greeter",
            "latest",
            {},
            {},
            {{"greeter-1", "127.0.0.1:7211", {{"protocol", "mucp"}}}}};
  }

  message answer(const std::string& query) {
    auto replies = lan.send(host, bytes_of(text.at(query)));
    CAF_REQUIRE_EQUAL(replies.size(), 1u);
    return *parse_message(replies[0]);
  }

  virtual_lan lan;
  std::map<std::string, std::string> text;
  lan_host& host;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(document_tests, fixture)

  CAF_TEST(the document has the blocks that are tested here and no others) {
    std::vector<std::string> names;
    for (auto& kvp : text)
      names.push_back(kvp.first);
    CAF_CHECK_EQUAL(names, (std::vector<std::string>{"hex goodbye", "hex list-query",
                                                     "hex list-reply", "hex query",
                                                     "hex reply", "text json"}));
  }

  CAF_TEST(the queries of the document are those of a Go client) {
    CAF_CHECK(bytes_of(text.at("hex query")) == mdns_capture("v2-get-query"));
    CAF_CHECK(bytes_of(text.at("hex list-query")) == mdns_capture("v2-list-query"));
  }

  CAF_TEST(mica answers the queries of the document as it says) {
    CAF_REQUIRE(lan.add_node(host, record()));
    CAF_CHECK(same(answer("hex query"), documented("hex reply")));
    CAF_CHECK(same(answer("hex list-query"), documented("hex list-reply")));
  }

  CAF_TEST(mica asks as the document says) {
    lan.find(host, "greeter");
    CAF_REQUIRE(!host.sent.empty());
    auto query = documented("hex query");
    host.sent[0].id = query.id;
    CAF_CHECK(host.sent[0] == query);
  }

  CAF_TEST(mica leaves as the document says) {
    CAF_REQUIRE(lan.add_node(host, record()));
    host.sent.clear();
    lan.run(host, [&](auto& core, auto& out) { core.remove(record(), lan.now, out); });
    CAF_REQUIRE_EQUAL(host.sent.size(), 1u);
    CAF_CHECK(same(host.sent[0], documented("hex goodbye")));
  }

  CAF_TEST(the text record of the document is what its answer holds) {
    auto reply = documented("hex reply");
    inflate(reply);
    auto json = text.at("text json");
    json.pop_back();
    CAF_CHECK_EQUAL(std::get<txt_data>(reply.answers.at(3).data).text, json);
  }

  CAF_TEST(mica finds the node of the document) {
    lan.run(host, [&](auto& core, auto& out) {
      CAF_REQUIRE(core.watch("greeter", lan.now, out));
    });
    lan.send(host, bytes_of(text.at("hex reply")));
    CAF_REQUIRE_EQUAL(host.core->current("greeter").versions.size(), 1u);
    CAF_CHECK(host.core->current("greeter").versions[0] == record());
    lan.send(host, bytes_of(text.at("hex goodbye")));
    CAF_CHECK(host.core->current("greeter").versions.empty());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
