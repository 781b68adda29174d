#define CAF_SUITE json_text

#include "json/numbers.hpp"
#include "json/scanner.hpp"
#include "json/text.hpp"

#include <nlohmann/json.hpp>

#include <caf/test/unit_test.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace mica;

namespace {

std::string as_json(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

template <class Number>
std::string written(Number x) {
  std::string out;
  json::append_number(out, x);
  return out;
}

// "" if the text is one JSON value.
std::string fault_of(std::string_view text) {
  json::scanner in{text};
  std::string_view raw;
  return in.raw(raw) && in.finish() ? std::string{} : in.failure();
}

} // namespace

CAF_TEST(strings are escaped as Go does) {
  struct row {
    std::string in;
    std::string out;
  };
  std::vector<row> rows{
      {"plain", R"("plain")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string{"\0\x1f", 2}, R"("\u0000\u001f")"},
      {"<a href=\"x\">&", R"("\u003ca href=\"x\"\u003e\u0026")"},
      {"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
      {"\xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\xaa", "\"\\u2028 \\u2029 \xe2\x80\xaa\""},
      {"a\xff\xc3", R"("a\ufffd\ufffd")"},
      {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"},
      {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
      {"", R"("")"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(as_json(x.in), x.out);
}

CAF_TEST(numbers are written as Go does) {
  CAF_CHECK_EQUAL(written(int64_t{std::numeric_limits<int64_t>::min()}),
                  "-9223372036854775808");
  CAF_CHECK_EQUAL(written(uint64_t{std::numeric_limits<uint64_t>::max()}),
                  "18446744073709551615");
  struct row {
    double in;
    std::string out;
  };
  std::vector<row> rows{{0, "0"},
                        {1, "1"},
                        {-1.5, "-1.5"},
                        {0.1, "0.1"},
                        {1e20, "100000000000000000000"},
                        {1e21, "1e+21"},
                        {1e-6, "0.000001"},
                        {1e-7, "1e-7"},
                        {1.5e-9, "1.5e-9"},
                        {1e-10, "1e-10"},
                        {1.7976931348623157e308, "1.7976931348623157e+308"},
                        {std::numeric_limits<double>::infinity(), "\"Infinity\""},
                        {-std::numeric_limits<double>::infinity(), "\"-Infinity\""},
                        {std::numeric_limits<double>::quiet_NaN(), "\"NaN\""}};
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(written(x.in), x.out);
  CAF_CHECK_EQUAL(written(0.1f), "0.1");
  CAF_CHECK_EQUAL(written(16777216.0f), "16777216");
}

CAF_TEST(base64 goes both ways at every length and is refused when broken) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string out;
    json::append_base64(out, bytes);
    CAF_CHECK_EQUAL(out.size() % 4, 0u);
    CAF_CHECK(json::parse_base64(out) == bytes);
    while (out.ends_with('='))
      out.pop_back();
    CAF_CHECK(json::parse_base64(out) == bytes);
    bytes += static_cast<char>(i * 37);
  }
  CAF_CHECK(json::parse_base64("-_-_") == json::parse_base64("+/+/"));
  for (std::string bad : {"A", "AAAAA", "AB C", "A===", "AB=C", "====", "AB=", "A\nAA"})
    CAF_CHECK(!json::parse_base64(bad));
}

CAF_TEST(the scanner takes what RFC 8259 takes and says where it stops) {
  struct row {
    std::string text;
    std::string fault;
  };
  auto no_value =
      std::string{"expected a value: an object, array, string, number, true, "
                  "false or null"};
  std::vector<row> rows{
      {R"({"a":[1,-0.5e+7,true,false,null,"x",{}]})", ""},
      {" \t\r\n[ ] ", ""},
      {R"("\ud83d\ude00\u00e9\b\f\/")", ""},
      {"", "line 1, column 1: the text ends where a value should be"},
      {"{", "line 1, column 2: the text ends before '}'"},
      {"[1", "line 1, column 3: the text ends before ']'"},
      {"[1,]", "line 1, column 4: " + no_value},
      {"{\"a\":1,}", "line 1, column 8: expected a member's name in double quotes"},
      {"{\n \"a\" 1}", "line 2, column 6: expected ':' after the name"},
      {"{a:1}", "line 1, column 2: expected a member's name in double quotes"},
      {"[1 2]", "line 1, column 4: expected ',' or ']'"},
      {"1 2", "line 1, column 3: more text after the value"},
      {"01", "line 1, column 1: a number that JSON does not know"},
      {"-", "line 1, column 1: a number that JSON does not know"},
      {"1.", "line 1, column 1: a number without digits after '.'"},
      {"1e", "line 1, column 1: a number without digits in its exponent"},
      {"truth", "line 1, column 1: " + no_value},
      {"NaN", "line 1, column 1: " + no_value},
      {"\"a", "line 1, column 1: the text ends within a string"},
      {"\"a\nb\"",
       "line 1, column 3: a control character in a string; write it as \\u00XX"},
      {"\"\\x\"", "line 1, column 2: an escape that JSON does not know"},
      {"\"\\u12g4\"", "line 1, column 2: \\u needs four hexadecimal digits"},
      {"\"\\ud800x\"", "line 1, column 2: a high surrogate without its low one"},
      {"\"\\udc00\"", "line 1, column 2: a low surrogate without its high one"},
      {"\"\xc3(\"", "line 1, column 2: a byte that is not valid UTF-8"},
      {std::string(100, '[') + std::string(100, ']'), ""},
      {std::string(101, '[') + std::string(101, ']'),
       "line 1, column 101: nested deeper than 100 levels"},
      {"//", "line 1, column 1: " + no_value},
  };
  for (const auto& x : rows) {
    CAF_CHECK_EQUAL(fault_of(x.text), x.fault);
    if (x.text.size() < 100)
      CAF_CHECK_EQUAL(x.fault.empty(), nlohmann::json::accept(x.text));
  }
}

CAF_TEST(every truncation of a text is a fault) {
  std::string text = R"({"a":[1.5,{"b":"\u00e9\n"},true,null],"c":{"d":"x"}})";
  for (size_t size = 0; size < text.size(); ++size)
    CAF_CHECK(!fault_of(std::string_view{text}.substr(0, size)).empty());
  CAF_CHECK_EQUAL(fault_of(text), "");
}

CAF_TEST(numbers are read whole and only within their type) {
  using result = json::number_result;
  auto read_int = [](std::string_view text, int32_t expected) {
    int32_t x = 0;
    auto what = json::parse_number(text, x);
    CAF_CHECK(what != result::ok || x == expected);
    return what;
  };
  CAF_CHECK(read_int("17", 17) == result::ok);
  CAF_CHECK(read_int("1.7e1", 17) == result::ok);
  CAF_CHECK(read_int("17.0", 17) == result::ok);
  CAF_CHECK(read_int("17.5", 0) == result::not_integral);
  CAF_CHECK(read_int("2147483648", 0) == result::out_of_range);
  CAF_CHECK(read_int("2147483648.0", 0) == result::out_of_range);
  CAF_CHECK(read_int("1e999", 0) == result::out_of_range);
  for (std::string bad : {"", " 1", "1 ", "+1", "x", "1x", "0x10", "inf", "nan"})
    CAF_CHECK(read_int(bad, 0) == result::no_number);
  uint64_t large = 0;
  CAF_CHECK(json::parse_number("18446744073709551615", large) == result::ok);
  CAF_CHECK_EQUAL(large, std::numeric_limits<uint64_t>::max());
  CAF_CHECK(json::parse_number("18446744073709551616", large) == result::out_of_range);
  CAF_CHECK(json::parse_number("9007199254740993.0e0", large) == result::ok
            || large != 9007199254740993u);
  CAF_CHECK(json::parse_number("1e17", large) == result::out_of_range);
  CAF_CHECK(json::parse_number("-1", large) == result::out_of_range);
}

CAF_TEST(tiny numbers become zero and huge ones are refused) {
  using result = json::number_result;
  struct row {
    std::string text;
    result what;
  };
  std::vector<row> rows{
      {"1e-400", result::ok},
      {"1e400", result::out_of_range},
      {"-1e400", result::out_of_range},
      {"0." + std::string(400, '0') + "1", result::ok},
      {std::string(400, '9'), result::out_of_range},
      {std::string(400, '9') + "e-390", result::ok},
      {"0." + std::string(400, '0') + "1e800", result::out_of_range},
      {"1e99999999999999999999", result::out_of_range},
      {"1e-99999999999999999999", result::ok},
      {"0e99999999999999999999", result::ok},
  };
  for (const auto& x : rows) {
    double number = 1;
    CAF_CHECK(json::parse_number(x.text, number) == x.what);
    if (x.what == result::ok && x.text.find("e-390") == std::string::npos)
      CAF_CHECK_EQUAL(number, 0);
  }
  float small = 1;
  CAF_CHECK(json::parse_number("1e-60", small) == result::ok);
  CAF_CHECK_EQUAL(small, 0);
  CAF_CHECK(json::parse_number("1e60", small) == result::out_of_range);
}
