#define CAF_SUITE metadata

#include "mica/codecs/metadata.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;

namespace {

std::string text_of(const metadata& x) {
  std::string result;
  for (auto field : x)
    result += std::string{field.name} + '=' + std::string{field.value} + ';';
  return result;
}

} // namespace

CAF_TEST(names are found whatever their case and values stay as given) {
  metadata x{{"Content-Type", "A"}, {"micro-ID", " 7 "}};
  CAF_CHECK_EQUAL(x.get_or("content-type", ""), "A");
  CAF_CHECK_EQUAL(x.get_or("Micro-Id", ""), " 7 ");
  CAF_CHECK(!x.get("Micro-I"));
  CAF_CHECK_EQUAL(x.get_or("Micro-Idx", "none"), "none");
}

CAF_TEST(of repeated fields the first one counts and all of them stay) {
  metadata x;
  x.add("A", "1");
  x.add("a", "2");
  CAF_CHECK_EQUAL(x.get_or("A", ""), "1");
  CAF_CHECK_EQUAL(text_of(x), "A=1;a=2;");
}

CAF_TEST(set leaves one field at the place of the first) {
  metadata x{{"A", "1"}, {"B", "2"}, {"a", "3"}, {"C", "4"}};
  x.set("a", "much longer than before");
  CAF_CHECK_EQUAL(text_of(x), "a=much longer than before;B=2;C=4;");
  x.set("A", "x");
  CAF_CHECK_EQUAL(text_of(x), "A=x;B=2;C=4;");
  x.set("D", "new");
  CAF_CHECK_EQUAL(text_of(x), "A=x;B=2;C=4;D=new;");
  CAF_CHECK_EQUAL(x.erase("b"), 1u);
  CAF_CHECK_EQUAL(x.erase("b"), 0u);
  CAF_CHECK_EQUAL(text_of(x), "A=x;C=4;D=new;");
}

CAF_TEST(a value may be a view of the object itself) {
  metadata x;
  x.add("A", std::string(100, 'v'));
  for (int i = 0; i < 20; ++i)
    x.add("B" + std::to_string(i), x.get_or("A", ""));
  for (size_t i = 1; i < x.size(); ++i)
    CAF_CHECK_EQUAL(x.at(i).value, std::string(100, 'v'));
  x.add("C", "short");
  x.set("C", x.get_or("A", ""));
  CAF_CHECK_EQUAL(x.get_or("C", ""), std::string(100, 'v'));
}

CAF_TEST(values set again and again do not mix up the text of others) {
  metadata x{{"first", "stays"}};
  for (size_t i = 0; i < 2000; ++i) {
    x.set("grows", std::string(i % 97, 'g'));
    x.set("other", std::string(i % 31, 'o'));
    if (i % 5 == 0)
      x.erase("other");
  }
  CAF_CHECK_EQUAL(text_of(x), "first=stays;grows=" + std::string(1999 % 97, 'g')
                                  + ";other=" + std::string(1999 % 31, 'o') + ';');
}

CAF_TEST(a moved object takes its fields along) {
  metadata x{{"A", "1"}, {"B", std::string(300, 'b')}};
  auto y = std::move(x);
  CAF_CHECK_EQUAL(text_of(y), "A=1;B=" + std::string(300, 'b') + ';');
  metadata z{{"a", "1"}, {"b", std::string(300, 'b')}};
  CAF_CHECK(y == z);
  z.set("b", "c");
  CAF_CHECK(!(y == z));
}

CAF_TEST(canonical names are those of Go net http) {
  struct row {
    std::string in;
    std::string out;
  };
  // textproto.CanonicalMIMEHeaderKey
  std::vector<row> rows{
      {"micro-ID", "Micro-Id"},
      {"foo_bar", "Foo_bar"},
      {"x", "X"},
      {"ACCEPT", "Accept"},
      {"a-b-c", "A-B-C"},
      {"with space", "with space"},
      {"", ""},
      {"-x", "-X"},
      {"kEy:", "kEy:"},
  };
  for (const auto& x : rows)
    CAF_CHECK_EQUAL(canonical_name(x.in), x.out);
}

CAF_TEST(a token holds no separator and no control character) {
  CAF_CHECK(is_token("X-Custom_Key.1~"));
  for (std::string bad : {"", "a b", "a:b", "a\r", "a\n", "a\"", "(a)", "\x80", "a,b"})
    CAF_CHECK(!is_token(bad));
  CAF_CHECK(!is_token(std::string_view{"a\0b", 3}));
}
