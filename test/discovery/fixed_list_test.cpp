#define CAF_SUITE fixed_list

#include "fixed/list.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::discovery;
using namespace mica::discovery::fixed;

namespace {

using texts = std::vector<std::string>;

/// `service version id...` of each record.
texts shown(const records& all) {
  texts result;
  for (const auto& record : all) {
    auto line = record.name + ' ' + record.version;
    for (const auto& x : record.nodes)
      line += ' ' + x.id;
    result.push_back(std::move(line));
  }
  return result;
}

std::string refusal(std::string_view text) {
  auto read = read_lines(text, "list");
  return read ? "none" : read.error().detail;
}

} // namespace

CAF_TEST(nodes of a flag are grouped by service) {
  auto read = read_pairs({"b=127.0.0.1:2", "a=127.0.0.1:1", "b=[::1]:3", "b=unix:/x"});
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(shown(*read),
                  (texts{"a  a-127.0.0.1:1", "b  b-127.0.0.1:2 b-[::1]:3 b-unix:/x"}));
  CAF_CHECK_EQUAL((*read)[0].nodes[0].metadata, (labels{{"protocol", "mucp"}}));
}

CAF_TEST(a flag that is no service and address is refused with an example) {
  for (auto* pair : {"greeter", "=127.0.0.1:1", "greeter=", "greeter=127.0.0.1",
                     "greeter=:80", "greeter=host:0", "greeter=host:65536"}) {
    auto read = read_pairs({pair});
    CAF_REQUIRE(!read);
    CAF_CHECK(read.error().reason == errc::invalid_argument);
    const auto& text = read.error().detail;
    CAF_CHECK(text.find("write host:port") != std::string::npos
              || text.find("e.g. greeter=") != std::string::npos);
  }
}

CAF_TEST(a file has a node a line with what it announces) {
  auto read = read_lines("# all\n\n"
                         "greeter 10.0.0.1:1 # first\r\n"
                         "\tgreeter  10.0.0.2:1\tversion=2 protocol=grpc zone=a=b\n"
                         "pay pay.example:443 secure=true",
                         "list");
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(shown(*read),
                  (texts{"greeter  greeter-10.0.0.1:1", "greeter 2 greeter-10.0.0.2:1",
                         "pay  pay-pay.example:443"}));
  CAF_CHECK_EQUAL((*read)[1].nodes[0].metadata,
                  (labels{{"protocol", "grpc"}, {"zone", "a=b"}}));
  CAF_CHECK_EQUAL((*read)[2].nodes[0].metadata,
                  (labels{{"protocol", "mucp"}, {"secure", "true"}}));
}

CAF_TEST(an empty file is an empty list) {
  for (auto* text : {"", "\n\n", "# nobody\n"}) {
    auto read = read_lines(text, "list");
    CAF_REQUIRE(read);
    CAF_CHECK_EQUAL(read->size(), 0u);
  }
}

CAF_TEST(what is wrong with a file is said with its line) {
  CAF_CHECK_EQUAL(refusal("a 1.2.3.4:5\n\ngreeter\n").substr(0, 8), "list:3: ");
  CAF_CHECK_NOT_EQUAL(refusal("a 1.2.3.4").find("\"1.2.3.4\" is no address"),
                      std::string::npos);
  CAF_CHECK_NOT_EQUAL(refusal("a 1.2.3.4:5 x").find("\"x\" is no key=value"),
                      std::string::npos);
  CAF_CHECK_NOT_EQUAL(refusal("a 1.2.3.4:5 =x").find("no key=value"),
                      std::string::npos);
}

CAF_TEST(lists have bounds) {
  CAF_CHECK_NOT_EQUAL(
      refusal(std::string(max_file_bytes + 1, '\n')).find("list has more than"),
      std::string::npos);
  std::string many;
  for (size_t i = 0; i <= max_nodes; ++i)
    many += "a h" + std::to_string(i) + ":1\n";
  CAF_CHECK_EQUAL(refusal(many).substr(0, 12), "list:10001: ");
}

CAF_TEST(the later mention of a node counts) {
  auto first = read_lines("a 1.2.3.4:5 version=1\na 1.2.3.4:6 version=1", "list");
  auto second = read_lines("a 1.2.3.4:5 version=2", "list");
  CAF_REQUIRE(first);
  CAF_REQUIRE(second);
  auto both = merge(*first, *second);
  CAF_CHECK_EQUAL(shown(both), (texts{"a 1 a-1.2.3.4:6", "a 2 a-1.2.3.4:5"}));
  // A node that changed its version has not gone.
  CAF_CHECK_EQUAL(shown(without(*first, both)), texts{});
  CAF_CHECK_EQUAL(shown(without(*first, *second)), texts{"a 1 a-1.2.3.4:6"});
}
