// The parts that need no session.

#define CAF_SUITE http2_parts

#include "http2/body_queue.hpp"
#include "http2/field_block.hpp"
#include "http2/frame_scanner.hpp"
#include "http2/node_pool.hpp"
#include "http2/session_memory.hpp"
#include "http2/stream.hpp"

#include "pair.hpp"
#include "wire.hpp"

#include <caf/test/unit_test.hpp>

#include <set>
#include <thread>

using namespace mica;
using namespace mica::net::http2;
using namespace mica::test;

namespace {

std::string taken(frame_queue& from, size_t most) {
  std::string result;
  std::string_view parts[3];
  while (auto count = from.pieces(parts)) {
    std::string piece;
    for (size_t i = 0; i < count; ++i)
      piece += parts[i];
    piece.resize(std::min(piece.size(), most));
    result += piece;
    from.consume(piece.size());
  }
  return result;
}

std::string text_of(size_t size, size_t seed) {
  std::string result;
  for (size_t i = 0; i < size; ++i)
    result += static_cast<char>(i * 31 + seed + i / 256);
  return result;
}

} // namespace

CAF_TEST(what is framed leaves in order however it is cut) {
  for (size_t most : {1u, 7u, 1000u, 1'000'000u}) {
    frame_queue out;
    body_queue body;
    std::string expected;
    for (size_t size : {3u, 0u, 1023u, 1024u, 5000u, 1u, 40'000u, 16'384u}) {
      auto text = text_of(size, size);
      expected += text;
      body.push(std::move(text));
    }
    CAF_CHECK_EQUAL(body.size(), expected.size());
    std::string framed;
    for (size_t at = 0; body.size() > 0; at += 4096) {
      out.append("head");
      framed += "head" + expected.substr(at, 4096);
      body.frame(std::min<size_t>(4096, body.size()), out);
    }
    CAF_CHECK_EQUAL(out.size(), framed.size());
    CAF_CHECK(taken(out, most) == framed);
    CAF_CHECK(out.empty());
  }
}

CAF_TEST(large pieces are not copied and outlive their stream) {
  frame_queue out;
  auto body = std::make_unique<body_queue>();
  auto text = text_of(100'000, 1);
  auto expected = text.substr(0, 50'000);
  const auto* where = text.data();
  body->push(std::move(text));
  body->frame(30'000, out);
  body->frame(20'000, out);
  std::string_view parts[4];
  CAF_REQUIRE_EQUAL(out.pieces(parts), 2u);
  CAF_CHECK(parts[0].data() == where && parts[1].data() == where + 30'000);
  body->retire(out);
  body.reset();
  CAF_CHECK(taken(out, 999) == expected);
}

CAF_TEST(frames are found at every slice size) {
  auto bytes =
      wire::frame(wire::data, 1, 3, "hello")
      + wire::frame(wire::window_update, 0, 0x7fffffff, wire::number(0x80000005))
      + wire::frame(wire::settings, 1, 0)
      + wire::frame(wire::priority, 0, 1, wire::number(7) + "x")
      + wire::frame(wire::window_update, 0, 5, "ab")
      + wire::frame(0xfe, 0xff, 9, std::string(300, 'x'));
  for (size_t slice = 1; slice <= bytes.size(); ++slice) {
    frame_scanner scanner;
    std::vector<frame_head> heads;
    std::string parts;
    for (std::string_view left = bytes; !left.empty();) {
      auto in = left.substr(0, slice);
      left.remove_prefix(in.size());
      while (!in.empty()) {
        std::string_view part;
        frame_head head;
        if (scanner.next(in, part, head) == frame_scanner::step::frame)
          heads.push_back(head);
        parts += part;
      }
    }
    CAF_REQUIRE(parts == bytes);
    CAF_REQUIRE_EQUAL(heads.size(), 6u);
    CAF_CHECK_EQUAL(heads[0].length, 5u);
    CAF_CHECK_EQUAL(int{heads[0].flags}, 1);
    CAF_CHECK_EQUAL(heads[0].stream, 3);
    CAF_CHECK_EQUAL(heads[1].stream, 0x7fffffff);
    CAF_CHECK_EQUAL(heads[1].word, 5u);
    CAF_CHECK(heads[2].type == frame_type::settings);
    CAF_CHECK_EQUAL(heads[3].word, 7u);
    CAF_CHECK_EQUAL(heads[4].word, 0u);
    CAF_CHECK_EQUAL(heads[5].length, 300u);
  }
}

CAF_TEST(streams are found by their numbers until they are erased) {
  stream_table table;
  for (int32_t id = 1; id < 2000; id += 2)
    CAF_CHECK_EQUAL(table.insert(std::make_unique<stream>(id)).id, id);
  CAF_CHECK_EQUAL(table.size(), 1000u);
  for (int32_t id = 1; id < 2000; id += 4)
    table.erase(id);
  table.erase(1);
  table.erase(77'777);
  CAF_CHECK_EQUAL(table.size(), 500u);
  std::set<int32_t> seen;
  table.for_each([&](stream& x) { seen.insert(x.id); });
  CAF_CHECK_EQUAL(seen.size(), 500u);
  for (int32_t id = 1; id < 2000; id += 2)
    CAF_REQUIRE_EQUAL(table.find(id) != nullptr, id % 4 == 3);
  table.clear();
  CAF_CHECK(table.find(3) == nullptr);
}

CAF_TEST(the pool gives blocks that hold what they are asked for) {
  std::vector<char*> blocks;
  for (size_t size : {0u, 1u, 63u, 64u, 65u, 1000u, 1024u, 1025u, 100'000u}) {
    auto* block = static_cast<char*>(node_pool::allocate(size));
    CAF_REQUIRE(block != nullptr);
    std::fill_n(block, size, 'x');
    blocks.push_back(static_cast<char*>(node_pool::resize(block, size * 2)));
    CAF_CHECK(std::all_of(blocks.back(), blocks.back() + size,
                          [](char c) { return c == 'x'; }));
    std::fill_n(blocks.back(), size * 2, 'y');
  }
  // Freed elsewhere, also while that thread ends.
  std::thread{[&] {
    for (auto* block : blocks)
      node_pool::release(block);
  }}.join();
  node_pool::release(nullptr);
  CAF_CHECK(node_pool::allocate(SIZE_MAX - 3) == nullptr);
}

CAF_TEST(the memory of a session holds what it is asked for) {
  session_memory memory;
  std::vector<std::pair<char*, size_t>> blocks;
  // As nghttp2 1.52 begins, and one frame buffer more.
  for (size_t size : {2928u, 16'394u, 1024u, 1024u, 4096u, 32u, 16'394u, 1000u}) {
    auto* block = static_cast<char*>(
        blocks.size() % 2 == 0 ? memory.allocate(size) : memory.resize(nullptr, size));
    CAF_REQUIRE(block != nullptr);
    CAF_CHECK_EQUAL(reinterpret_cast<uintptr_t>(block) % alignof(std::max_align_t), 0u);
    std::fill_n(block, size, static_cast<char>('a' + blocks.size()));
    blocks.emplace_back(block, size);
  }
  auto intact = [&](size_t i) {
    auto [block, size] = blocks[i];
    auto expected = static_cast<char>('a' + i);
    return std::all_of(block, block + size, [=](char c) { return c == expected; });
  };
  for (size_t i = 0; i < blocks.size(); ++i) {
    CAF_CHECK(intact(i));
    auto& [block, size] = blocks[i];
    block = static_cast<char*>(memory.resize(block, size * 2));
    CAF_CHECK(intact(i));
    std::fill_n(block, size * 2, static_cast<char>('a' + i));
    size *= 2;
  }
  for (size_t i = 0; i < blocks.size(); ++i)
    CAF_CHECK(intact(i));
  for (const auto& x : blocks)
    memory.release(x.first);
  memory.release(nullptr);
  CAF_CHECK(memory.allocate(SIZE_MAX - 3) == nullptr);
}

CAF_TEST(content types of gRPC are told apart) {
  auto grpc = [](const char* type) { return is_grpc({{"Content-Type", type}}); };
  CAF_CHECK(grpc("application/grpc"));
  CAF_CHECK(grpc("Application/gRPC+json"));
  CAF_CHECK(grpc("application/grpc; charset=utf-8"));
  CAF_CHECK(!grpc("application/grpc-web"));
  CAF_CHECK(!grpc("application/grp"));
  CAF_CHECK(!is_grpc({}));
}
