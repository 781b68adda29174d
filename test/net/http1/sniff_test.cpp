#define CAF_SUITE sniff

#include "sniff/sniff.hpp"

#include <caf/test/unit_test.hpp>

#include <string>

using namespace mica::net;
using namespace std::literals;

namespace {

const auto preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s;

// A record of TLS 1.0 framing with a ClientHello, as openssl s_client begins.
const auto hello = "\x16\x03\x01\x01\x2c\x01\x00\x01\x28\x03\x03"s;

std::string name(wire x) {
  switch (x) {
    case wire::undecided:
      return "undecided";
    case wire::http1:
      return "http1";
    case wire::http2:
      return "http2";
    case wire::tls:
      return "tls";
    case wire::unknown:
      break;
  }
  return "unknown";
}

/// The decision on `bytes`; "changes" if it is not that of every longer prefix, too.
std::string decision(const std::string& bytes) {
  auto decided = wire::undecided;
  for (size_t size = 0; size <= bytes.size(); ++size) {
    auto now = sniff(std::string_view{bytes}.substr(0, size));
    if (decided != wire::undecided && now != decided)
      return "changes";
    decided = now;
  }
  return name(decided);
}

} // namespace

CAF_TEST(no byte decides nothing) {
  CAF_CHECK_EQUAL(decision(""), "undecided");
}

CAF_TEST(a method is HTTP 1) {
  for (auto bytes : {"G"s, "GET / HTTP/1.1\r\n"s, "POST "s, "PUT"s, "PROPFIND /"s,
                     "post"s, "\r\nGET /"s, "PRIx"s, "PRI * HTTP/1.1\r\n"s,
                     "PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"s})
    CAF_CHECK_EQUAL(bytes + decision(bytes), bytes + "http1");
}

CAF_TEST(the whole preface is HTTP 2 and its beginnings are undecided) {
  for (size_t size = 0; size < preface.size(); ++size)
    CAF_CHECK_EQUAL(name(sniff(std::string_view{preface}.substr(0, size))),
                    "undecided");
  CAF_CHECK_EQUAL(decision(preface), "http2");
  CAF_CHECK_EQUAL(decision(preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"s), "http2");
}

CAF_TEST(a record with a ClientHello is TLS) {
  CAF_CHECK_EQUAL(decision(hello), "tls");
  CAF_CHECK_EQUAL(decision("\x16\x03\x03\x00\x05\x01"s), "tls");
  CAF_CHECK_EQUAL(decision(hello.substr(0, 5)), "undecided");
}

CAF_TEST(what is none of these is unknown) {
  for (auto bytes : {"\0"s, "\x80\x2e\x01\x03\x01"s, "\x16\x02"s, "\x16\x03\x05"s,
                     "\x16\x03\x01\x00\x05\x02"s, "\x15\x03\x01"s, "\n"s, " GET"s,
                     "\xff"s, "{\"json\":1}"s})
    CAF_CHECK_EQUAL(decision(bytes), "unknown");
}
