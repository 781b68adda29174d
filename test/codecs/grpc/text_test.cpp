#define CAF_SUITE grpc_text

#include "grpc/text.hpp"

#include <caf/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace mica::grpc;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

CAF_TEST(every unit of a timeout is read) {
  struct row {
    std::string text;
    nanoseconds time;
  };
  std::vector<row> rows{
      {"1H", 1h},
      {"2M", 2min},
      {"3S", 3s},
      {"4m", 4ms},
      {"5u", 5us},
      {"6n", 6ns},
      {"0n", 0ns},
      {"00000012S", 12s},
      // As Go Micro's client was seen to write it.
      {"4996397u", 4996397us},
      {"99999999S", 99999999s},
      // More than fits.
      {"99999999H", nanoseconds::max()},
  };
  for (const auto& x : rows) {
    auto read = parse_timeout(x.text);
    CAF_REQUIRE(read.has_value());
    CAF_CHECK_EQUAL(read->count(), x.time.count());
  }
}

CAF_TEST(what is no timeout is refused) {
  for (auto x : {"", "S", "1", "123456789S", "-1S", "+1S", "1 S", " 1S", "1s", "1h",
                 "1.5S", "1SS", "0x1S", "1S "})
    CAF_CHECK(!parse_timeout(x).has_value());
}

CAF_TEST(a timeout is written in the finest unit that fits and never shortened) {
  CAF_CHECK_EQUAL(format_timeout(0ns), "0n");
  CAF_CHECK_EQUAL(format_timeout(-5s), "0n");
  CAF_CHECK_EQUAL(format_timeout(1ns), "1n");
  CAF_CHECK_EQUAL(format_timeout(99'999'999ns), "99999999n");
  CAF_CHECK_EQUAL(format_timeout(100'000'000ns), "100000u");
  CAF_CHECK_EQUAL(format_timeout(100'000'001ns), "100001u");
  CAF_CHECK_EQUAL(format_timeout(5s), "5000000u");
  CAF_CHECK_EQUAL(format_timeout(24h), "86400000m");
  CAF_CHECK_EQUAL(format_timeout(nanoseconds::max()), "2562048H");
  for (int64_t x = 1; x > 0 && x < std::numeric_limits<int64_t>::max() / 3; x *= 3) {
    auto read = parse_timeout(format_timeout(nanoseconds{x}));
    CAF_REQUIRE(read.has_value());
    CAF_CHECK(read->count() >= x);
    // Eight digits: the next coarser unit is a thousand times as long at most.
    CAF_CHECK(read->count() - x <= x / 10'000 + 1);
  }
}

CAF_TEST(a message is percent encoded as gRPC wants it) {
  // The interop test special_status_message.
  CAF_CHECK_EQUAL(
      encode_percent("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP "
                     "\U0001F608\t\n"),
      "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP "
      "%F0%9F%98%88%09%0A");
  CAF_CHECK_EQUAL(encode_percent("100% ~"), "100%25 ~");
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += static_cast<char>(c);
  CAF_CHECK_EQUAL(decode_percent(encode_percent(all)), all);
  for (auto c : encode_percent(all))
    CAF_CHECK(c >= ' ' && c <= '~');
}

CAF_TEST(what is no escape stays in a message) {
  CAF_CHECK_EQUAL(decode_percent("%"), "%");
  CAF_CHECK_EQUAL(decode_percent("%4"), "%4");
  CAF_CHECK_EQUAL(decode_percent("%zz%41%4z"), "%zzA%4z");
  CAF_CHECK_EQUAL(decode_percent("a%e2%98%BAb%"), "a\u263ab%");
  CAF_CHECK_EQUAL(decode_percent("\xff caf\xc3\xa9"), "\xff caf\xc3\xa9");
}

CAF_TEST(bytes become base64 without padding and are read with and without) {
  auto written = [](std::string_view bytes) {
    std::string out;
    append_binary(out, bytes);
    return out;
  };
  CAF_CHECK_EQUAL(written(""), "");
  CAF_CHECK_EQUAL(written("f"), "Zg");
  CAF_CHECK_EQUAL(written("fo"), "Zm8");
  CAF_CHECK_EQUAL(written("foo"), "Zm9v");
  CAF_CHECK_EQUAL(written("\xff\xfe"), "//4");
  for (auto x : {"Zg", "Zg=="})
    CAF_CHECK(parse_binary(x) == "f");
  for (auto x : {"Zm8", "Zm8="})
    CAF_CHECK(parse_binary(x) == "fo");
  CAF_CHECK(parse_binary("") == "");
  for (auto x : {"Z", "Zg=", "Z g", "Zm9v!", "=", "Zg==Zg=="})
    CAF_CHECK(!parse_binary(x).has_value());
}
