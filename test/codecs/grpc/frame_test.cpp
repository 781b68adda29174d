#define CAF_SUITE grpc_frame

#include "mica/codecs/grpc_frame.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace mica::grpc;

namespace {

std::string framed(std::string_view payload, coding as = coding::identity) {
  std::string out;
  auto begin = begin_message(out);
  out += payload;
  CAF_REQUIRE(end_message(out, begin, as));
  return out;
}

struct outcome {
  std::vector<std::string> messages;
  error failure;
  bool complete = false;
};

// Feeds `text` in pieces of `step` bytes.
outcome read(std::string_view text, size_t step, message_reader reader) {
  outcome result;
  while (!text.empty()) {
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    std::string_view message;
    while (reader.next(piece, message))
      result.messages.emplace_back(message);
    if (reader.failure())
      break;
    CAF_CHECK(piece.empty());
  }
  result.failure = reader.failure();
  result.complete = reader.finish().has_value();
  return result;
}

const std::string text_of_some_size(7000, 'x');

} // namespace

CAF_TEST(messages come out as they went in at every slice size) {
  std::vector<std::string> messages{
      "", "a", "hello", std::string("\0\1\2", 3), text_of_some_size, ""};
  for (auto as : {coding::identity, coding::gzip, coding::deflate}) {
    std::string text;
    for (const auto& x : messages)
      text += framed(x, as);
    for (size_t step = 1; step <= text.size(); ++step) {
      auto result = read(text, step, message_reader{as});
      CAF_CHECK(!result.failure);
      CAF_CHECK(result.complete);
      CAF_CHECK(result.messages == messages);
    }
  }
}

CAF_TEST(a whole message in the input is not copied) {
  auto text = framed("hello") + framed("world");
  message_reader reader;
  std::string_view input = text;
  std::string_view message;
  CAF_REQUIRE(reader.next(input, message));
  CAF_CHECK(message.data() == text.data() + 5);
  CAF_REQUIRE(reader.next(input, message));
  CAF_CHECK(message.data() == text.data() + 15);
  CAF_CHECK_EQUAL(reader.kept(), 0u);
}

CAF_TEST(a reader tells of each message whether it came compressed) {
  auto text = framed(text_of_some_size, coding::gzip) + framed("plain", coding::gzip)
              + framed(text_of_some_size, coding::gzip);
  for (auto step : {text.size(), size_t{1}}) {
    message_reader reader{coding::gzip};
    std::vector<bool> flags;
    for (std::string_view left = text; !left.empty();) {
      auto piece = left.substr(0, step);
      left.remove_prefix(piece.size());
      std::string_view message;
      while (reader.next(piece, message))
        flags.push_back(reader.compressed());
    }
    // Five bytes don't get smaller.
    CAF_CHECK(flags == (std::vector<bool>{true, false, true}));
  }
}

CAF_TEST(the prefix is a flag and four bytes of length) {
  CAF_CHECK_EQUAL(framed("John"), (std::string{"\0\0\0\0\4John", 9}));
  auto packed = framed(text_of_some_size, coding::gzip);
  CAF_CHECK_EQUAL(packed[0], '\1');
  // RFC 1952, 2.3.1: the first bytes of every gzip member.
  CAF_CHECK_EQUAL(packed.substr(5, 2), "\x1f\x8b");
  CAF_CHECK_LESS(packed.size(), 200u);
}

CAF_TEST(what compression does not make smaller is sent as it is) {
  CAF_CHECK_EQUAL(framed("John", coding::gzip), framed("John"));
  CAF_CHECK_EQUAL(framed("", coding::deflate), framed(""));
}

CAF_TEST(a message above the limit fails on both sides) {
  auto text = framed(std::string(101, 'x'));
  for (size_t step : {1u, 5u, 200u}) {
    auto result = read(text, step, message_reader{coding::identity, 100});
    CAF_CHECK(result.failure.reason == errc::limit_exceeded);
    CAF_CHECK_EQUAL(result.failure.detail,
                    "a message of 101 bytes; at most 100 are allowed (message_bytes)");
    CAF_CHECK(result.messages.empty());
  }
  CAF_CHECK_EQUAL(
      read(framed(std::string(100, 'x')), 7, message_reader{coding::identity, 100})
          .messages.size(),
      1u);
  std::string out = "before";
  auto begin = begin_message(out);
  out.append(101, 'x');
  auto ok = end_message(out, begin, coding::identity, 100);
  CAF_REQUIRE(!ok);
  CAF_CHECK(ok.error().reason == errc::limit_exceeded);
  CAF_CHECK_EQUAL(out, "before");
}

CAF_TEST(a bomb never becomes larger than the limit) {
  auto bomb = framed(std::string(4'000'000, '\0'), coding::gzip);
  CAF_CHECK_LESS(bomb.size(), 5000u);
  auto result = read(bomb, bomb.size(), message_reader{coding::gzip, 100'000});
  CAF_CHECK(result.failure.reason == errc::limit_exceeded);
  CAF_CHECK(result.messages.empty());
  // Exactly the limit is allowed.
  CAF_CHECK(!read(bomb, 1000, message_reader{coding::gzip, 4'000'000}).failure);
  CAF_CHECK(read(bomb, 1000, message_reader{coding::gzip, 3'999'999}).failure.reason
            == errc::limit_exceeded);
}

CAF_TEST(broken frames say what is wrong) {
  auto packed = framed(text_of_some_size, coding::gzip);
  auto cut = packed.substr(0, packed.size() - 3);
  cut[4] = static_cast<char>(cut[4] - 3);
  auto longer = packed + "xyz";
  longer[4] = static_cast<char>(longer[4] + 3);
  auto flipped = packed;
  flipped[20] = static_cast<char>(flipped[20] ^ 0x55);
  struct row {
    std::string text;
    coding as;
    std::string detail;
  };
  std::vector<row> rows{
      {std::string("\2\0\0\0\1x", 6), coding::gzip, "flag 2"},
      {std::string("\1\0\0\0\1x", 6), coding::identity, "grpc-encoding names no"},
      {cut, coding::gzip, "ends too early"},
      {longer, coding::gzip, "3 bytes follow its end"},
      {flipped, coding::gzip, "can't be decompressed"},
      {packed, coding::deflate, "incorrect header check"},
      {std::string("\1\0\0\0\0", 5), coding::gzip, "ends too early"},
  };
  for (const auto& x : rows)
    for (size_t step : {size_t{1}, x.text.size()}) {
      auto result = read(x.text, step, message_reader{x.as});
      CAF_CHECK(result.failure.reason == errc::protocol_error);
      CAF_CHECK(result.failure.detail.find(x.detail) != std::string::npos);
      CAF_CHECK(result.messages.empty());
      CAF_CHECK(!result.complete);
    }
}

CAF_TEST(a body that ends within a message is noticed) {
  auto text = framed("John");
  for (size_t size = 1; size < text.size(); ++size) {
    auto result = read(text.substr(0, size), size, message_reader{});
    CAF_CHECK(!result.failure);
    CAF_CHECK(!result.complete);
  }
  CAF_CHECK(message_reader{}.finish().has_value());
}

CAF_TEST(codings have names and lists are read as HTTP writes them) {
  for (auto x : {coding::identity, coding::gzip, coding::deflate})
    CAF_CHECK(parse_coding(to_string(x)) == x);
  CAF_CHECK(!parse_coding("snappy"));
  CAF_CHECK(!parse_coding(""));
  CAF_CHECK(accepts("identity, deflate,\tgzip", coding::gzip));
  CAF_CHECK(accepts("deflate", coding::deflate));
  CAF_CHECK(!accepts("gzipped,xgzip", coding::gzip));
  CAF_CHECK(!accepts("", coding::gzip));
  CAF_CHECK(accepts("", coding::identity));
}
