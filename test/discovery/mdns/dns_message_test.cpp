#define CAF_SUITE mdns.dns_message

#include "mdns/dns_message.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery::mdns;
using namespace std::string_literals;

using mica::errc;
using mica::test::mdns_capture;

namespace {

const char* all_captures[] = {
    "v1-announce",  "v1-get-reply", "v1-list-reply", "v2-announce",   "v2-get-query",
    "v2-get-reply", "v2-goodbye",   "v2-list-query", "v2-list-reply", "v2-probe"};

/// A header with these counts, then `rest`.
std::string packet(uint8_t questions, uint8_t answers, const std::string& rest) {
  auto result = "\0\0\x84\0\0\0\0\0\0\0\0\0"s;
  result[5] = static_cast<char>(questions);
  result[7] = static_cast<char>(answers);
  return result + rest;
}

/// The error text of a message that must be refused.
std::string refusal(const std::string& bytes) {
  auto parsed = parse_message(bytes);
  CAF_REQUIRE(!parsed);
  CAF_CHECK(parsed.error().reason == errc::protocol_error);
  return parsed.error().detail;
}

message parsed(const std::string& bytes) {
  auto result = parse_message(bytes);
  if (!result)
    CAF_FAIL(result.error().detail);
  return *result;
}

std::string written(const message& x) {
  auto result = write_message(x);
  if (!result)
    CAF_FAIL(result.error().detail);
  return *result;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(the query of a Go client is read and written byte for byte) {
  auto bytes = mdns_capture("v2-get-query");
  auto query = parsed(bytes);
  CAF_CHECK_EQUAL(query.id, 0x83c3);
  CAF_CHECK(!query.response);
  CAF_REQUIRE_EQUAL(query.questions.size(), 1u);
  CAF_CHECK(query.questions[0] == (question{"greeter.micro", rr_type::ptr, false}));
  CAF_CHECK(query.answers.empty());
  CAF_CHECK(written(query) == bytes);
}

CAF_TEST(the reply of a Go server is read and written byte for byte) {
  auto bytes = mdns_capture("v2-get-reply");
  auto reply = parsed(bytes);
  CAF_CHECK_EQUAL(reply.id, 0);
  CAF_CHECK(reply.response && reply.authoritative && !reply.truncated);
  CAF_REQUIRE_EQUAL(reply.answers.size(), 4u);
  auto instance = "greeter-lab2.greeter.micro"s;
  CAF_CHECK(reply.answers[0] == (record{"greeter.micro", 120, ptr_data{instance}}));
  CAF_CHECK(reply.answers[1] == (record{instance, 120, srv_data{10, 1, 7211, "vm"}}));
  CAF_CHECK(reply.answers[2] == (record{"vm", 120, *parse_ip("127.0.0.1")}));
  CAF_CHECK_EQUAL(reply.answers[3].name, instance);
  auto& text = std::get<txt_data>(reply.answers[3].data).text;
  CAF_CHECK_EQUAL(text.size(), 255u + 255u + 242u);
  CAF_CHECK_EQUAL(text.substr(0, 4), "789c");
  CAF_CHECK(written(reply) == bytes);
}

CAF_TEST(an empty text record may have no string at all) {
  auto reply = parsed(mdns_capture("v2-list-reply"));
  CAF_REQUIRE_EQUAL(reply.answers.size(), 4u);
  CAF_CHECK(reply.answers[0]
            == (record{"_services.micro", 120, ptr_data{"greeter._services.micro"}}));
  CAF_CHECK(reply.answers[3] == (record{"greeter._services.micro", 120, txt_data{}}));
}

CAF_TEST(every captured packet survives being written again) {
  for (auto name : all_captures) {
    CAF_MESSAGE(name);
    auto first = parsed(mdns_capture(name));
    auto bytes = write_message(first);
    CAF_REQUIRE(bytes);
    CAF_CHECK(parsed(*bytes) == first);
  }
}

CAF_TEST(a packet that was cut short is refused at every length) {
  for (auto name : all_captures) {
    auto bytes = mdns_capture(name);
    for (size_t n = 0; n < bytes.size(); ++n)
      if (parse_message(std::string_view{bytes}.substr(0, n)))
        CAF_FAIL(name << " cut to " << n << " bytes was accepted");
  }
}

CAF_TEST(a flipped byte never does harm) {
  for (auto name : all_captures) {
    auto bytes = mdns_capture(name);
    for (size_t n = 0; n < bytes.size(); ++n) {
      auto copy = bytes;
      copy[n] = static_cast<char>(copy[n] ^ 0xff);
      // Whatever was read can be written: the two agree on what a message is.
      if (auto x = parse_message(copy))
        CAF_CHECK(write_message(*x));
    }
  }
  CAF_CHECK(parse_message(mdns_capture("v2-probe")));
}

CAF_TEST(compression pointers that do not point backwards are refused) {
  auto tail = "\0\x0c\0\1"s;
  CAF_CHECK(
      contains(refusal(packet(1, 0, "\xc0\x0c"s + tail)),
               "question 1: compression pointer does not point backwards at byte 12"));
  CAF_CHECK(contains(refusal(packet(1, 0, "\xc0\x20"s + tail)), "backwards"));
  // Two names that point to each other, a label in between.
  CAF_CHECK(
      contains(refusal(packet(1, 0, "\1a\xc0\x10\1b\xc0\x0c"s + tail)), "backwards"));
  // A label, then a pointer to that label.
  CAF_CHECK(contains(refusal(packet(1, 0, "\1a\xc0\x0c"s + tail)), "backwards"));
}

CAF_TEST(a chain of pointers may not build a name above the limit) {
  std::string rest;
  auto label = std::string(1, '\x3f') + std::string(63, 'x');
  rest += label + label + label + label + "\0"s + "\0\x0c\0\1"s;
  CAF_CHECK(contains(refusal(packet(1, 0, rest)), "more than 255 bytes"));
}

CAF_TEST(unknown label types are refused) {
  CAF_CHECK(contains(refusal(packet(1, 0, "\x40\0\0\x0c\0\1"s)), "unknown type"));
  CAF_CHECK(contains(refusal(packet(1, 0, "\x80\0\0\x0c\0\1"s)), "unknown type"));
}

CAF_TEST(counts that promise more than there is are refused) {
  auto bytes = mdns_capture("v2-get-reply");
  bytes[7] = 5;
  CAF_CHECK(contains(refusal(bytes), "answer 5"));
  bytes[6] = '\xff';
  auto parsed = parse_message(bytes);
  CAF_REQUIRE(!parsed);
  CAF_CHECK(parsed.error().reason == errc::limit_exceeded);
  CAF_CHECK(contains(parsed.error().detail, "limit 512"));
}

CAF_TEST(ten thousand records are refused before the first one is read) {
  auto one = "\0\0\x0c\0\1\0\0\0\x78\0\1\0"s;
  std::string rest;
  for (int i = 0; i < 10'000; ++i)
    rest += one;
  auto bytes = packet(0, 0, rest);
  bytes[6] = 10'000 >> 8;
  bytes[7] = 10'000 & 0xff;
  auto result = parse_message(bytes);
  CAF_REQUIRE(!result);
  CAF_CHECK(result.error().reason == errc::limit_exceeded);
}

CAF_TEST(record data must fill its length exactly) {
  auto head = [](const char* type) { return "\0\0"s + type + "\0\1\0\0\0\x78\0"s; };
  CAF_CHECK(contains(refusal(packet(0, 1, head("\x01") + "\3abc"s)), "type 1"));
  CAF_CHECK(contains(refusal(packet(0, 1, head("\x1c") + "\4abcd"s)), "type 28"));
  CAF_CHECK(contains(refusal(packet(0, 1, head("\x21") + "\4abcd\0\0\0"s)), "type 33"));
  CAF_CHECK(contains(refusal(packet(0, 1, head("\x0c") + "\2\0\0"s)), "type 12"));
  // A string that reaches beyond the record.
  CAF_CHECK(contains(refusal(packet(0, 1, head("\x10") + "\2\5abcdef"s)), "type 16"));
  CAF_CHECK(parse_message(packet(0, 1, head("\x01") + "\4abcd"s)));
}

CAF_TEST(records of other types and classes are skipped) {
  auto unknown = "\0\0\x2f\0\1\0\0\0\x78\0\3abc"s;
  auto chaos = "\0\0\x01\0\3\0\0\0\x78\0\4abcd"s;
  auto flush = "\0\0\x01\x80\1\0\0\0\x78\0\4abcd"s;
  auto x = parsed(packet(0, 3, unknown + chaos + flush));
  CAF_REQUIRE_EQUAL(x.answers.size(), 1u);
  CAF_CHECK(std::get<ip_address>(x.answers[0].data) == *parse_ip("97.98.99.100"));
}

CAF_TEST(the unicast bit of a question is not part of its class) {
  auto x = parsed(packet(1, 0, "\1a\0\0\x0c\x80\1"s));
  CAF_REQUIRE_EQUAL(x.questions.size(), 1u);
  CAF_CHECK(x.questions[0] == (question{"a", rr_type::ptr, true}));
}

CAF_TEST(dots and backslashes inside a label keep apart from those between labels) {
  auto bytes = packet(1, 0, "\3a.b\3c\\d\0\0\x0c\0\1"s);
  auto x = parsed(bytes);
  CAF_CHECK_EQUAL(x.questions[0].name, "a\\.b.c\\\\d");
  CAF_CHECK(written(x) == bytes);
  CAF_CHECK_EQUAL(escape_name("a\\b.c"), "a\\\\b.c");
  CAF_CHECK_EQUAL(unescape_name(escape_name("a\\b.c")), "a\\b.c");
}

CAF_TEST(names that no DNS message can hold are refused with the label at fault) {
  auto error = [](const std::string& name) {
    auto result = check_name(name);
    return result ? "none"s : result.error().detail;
  };
  CAF_CHECK_EQUAL(error(""), "none");
  CAF_CHECK_EQUAL(error("a.b"), "none");
  CAF_CHECK_EQUAL(error(std::string(63, 'a') + ".b"), "none");
  CAF_CHECK(
      contains(error(std::string(64, 'a') + ".b"), "has 64 bytes; DNS allows 63"));
  CAF_CHECK(contains(error("a..b"), "empty label"));
  CAF_CHECK(contains(error(".a"), "empty label"));
  CAF_CHECK(contains(error("a."), "empty label"));
  CAF_CHECK_EQUAL(error("a\\."), "none");
  std::string longest;
  for (int i = 0; i < 4; ++i)
    longest += std::string(62, 'a') + ".";
  CAF_CHECK_EQUAL(error(longest + "a"), "none");
  CAF_CHECK(contains(error(longest + "aaaa"), "DNS allows 255"));
}

CAF_TEST(long texts are cut into strings of 255 bytes and joined again) {
  for (auto size : {0u, 1u, 254u, 255u, 256u, 510u, 511u, 60'000u}) {
    message x;
    x.response = true;
    x.answers.push_back({"a", 1, txt_data{std::string(size, 'x')}});
    auto bytes = write_message(x);
    CAF_REQUIRE(bytes);
    CAF_CHECK(parsed(*bytes) == x);
  }
}

CAF_TEST(a message above one datagram is refused with both sizes) {
  message x;
  x.answers.push_back({"a", 1, txt_data{std::string(65'400, 'x')}});
  auto result = write_message(x);
  CAF_REQUIRE(!result);
  CAF_CHECK(result.error().reason == errc::limit_exceeded);
  CAF_CHECK(contains(result.error().detail, "holds 65507"));
}

CAF_TEST(a name first written beyond the reach of pointers is still read back) {
  message x;
  x.response = true;
  x.answers.push_back({"a.b", 1, txt_data{std::string(20'000, 'x')}});
  x.answers.push_back({"c.d", 1, ptr_data{"e.c.d"}});
  x.answers.push_back({"c.d", 1, ptr_data{"e.c.d"}});
  CAF_CHECK(parsed(written(x)) == x);
}

CAF_TEST(addresses are read with their ports) {
  std::string why;
  auto text = [&](const char* x) {
    auto result = parse_host_port(x, why);
    return result ? to_string(*result) : "none: " + why;
  };
  CAF_CHECK_EQUAL(text("127.0.0.1:8080"), "127.0.0.1:8080");
  CAF_CHECK_EQUAL(text("[2001:DB8:0::1]:1"), "[2001:db8::1]:1");
  CAF_CHECK_EQUAL(text("localhost:65535"), "127.0.0.1:65535");
  CAF_CHECK(contains(text("127.0.0.1"), "none: has no port"));
  CAF_CHECK(contains(text("127.0.0.1:0"), "between 1 and 65535"));
  CAF_CHECK(contains(text("127.0.0.1:65536"), "between 1 and 65535"));
  CAF_CHECK(contains(text("127.0.0.1:8x"), "between 1 and 65535"));
  CAF_CHECK(contains(text("::1:80"), "none: is not an IP address"));
  CAF_CHECK(contains(text("[127.0.0.1]:80"), "no IPv6 address"));
  CAF_CHECK(contains(text("example.org:80"), "not host names"));
  CAF_CHECK(contains(text(":80"), "not an IP address"));
}

CAF_TEST(a network contains its own addresses and no others) {
  auto in = [](const char* net, uint8_t prefix, const char* ip) {
    return network{*parse_ip(net), prefix}.contains(*parse_ip(ip));
  };
  CAF_CHECK(in("10.1.2.3", 8, "10.255.0.1"));
  CAF_CHECK(!in("10.1.2.3", 8, "11.1.2.3"));
  CAF_CHECK(in("192.168.1.130", 25, "192.168.1.254"));
  CAF_CHECK(!in("192.168.1.130", 25, "192.168.1.127"));
  CAF_CHECK(in("10.0.0.1", 32, "10.0.0.1"));
  CAF_CHECK(!in("10.0.0.1", 32, "10.0.0.2"));
  CAF_CHECK(in("0.0.0.0", 0, "8.8.8.8"));
  CAF_CHECK(in("fe80::1", 64, "fe80::2"));
  CAF_CHECK(!in("0.0.0.0", 0, "::1"));
}
