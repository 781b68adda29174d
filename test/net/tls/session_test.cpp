#define CAF_SUITE tls_session

#include "tls_fixture.hpp"

using namespace mica;
using namespace mica::test;

using state = session::state;

CAF_TEST_FIXTURE_SCOPE(tls_session_tests, tls_fixture)

  CAF_TEST(both sides agree and bytes go both ways) {
    auto [c, s] = connect();
    CAF_REQUIRE(c.current() == state::open);
    CAF_REQUIRE(s.current() == state::open);
    CAF_CHECK_EQUAL(c.protocol(), "h2");
    CAF_CHECK_EQUAL(s.protocol(), "h2");
    CAF_CHECK_EQUAL(c.write("question"), 8u);
    CAF_CHECK(!contains(carry(c, s), "question"));
    CAF_CHECK_EQUAL(read_all(s), "question");
    CAF_CHECK_EQUAL(s.write("answer"), 6u);
    carry(s, c);
    CAF_CHECK_EQUAL(read_all(c), "answer");
    CAF_CHECK_EQUAL(c.peer_names(),
                    (std::vector<std::string>{"localhost", "127.0.0.1"}));
    CAF_CHECK(s.peer_names().empty());
  }

  CAF_TEST(nothing is written before the handshake is over) {
    make_contexts();
    auto c = clients->connect("localhost", both_protocols);
    auto s = servers->accept();
    CAF_CHECK(c.current() == state::handshaking);
    CAF_CHECK(c.output_size() > 0);
    CAF_CHECK_EQUAL(c.write("early"), 0u);
    CAF_CHECK_EQUAL(s.write("early"), 0u);
    CAF_CHECK_EQUAL(s.output_size(), 0u);
  }

  CAF_TEST(records may come in any slicing) {
    make_contexts();
    for (size_t slice = 1; slice <= 40; ++slice) {
      auto c = clients->connect("localhost", both_protocols);
      auto s = servers->accept();
      join(c, s, slice);
      CAF_REQUIRE(c.current() == state::open);
      CAF_REQUIRE(s.current() == state::open);
      std::string plain(300, 'x');
      c.write(plain);
      c.write("end");
      carry(c, s, slice);
      CAF_CHECK_EQUAL(read_all(s, slice), plain + "end");
    }
  }

  CAF_TEST(a sink gets everything without a copy) {
    auto [c, s] = connect();
    std::string plain(50'000, 'y');
    CAF_CHECK_EQUAL(c.write(plain), plain.size());
    std::string records;
    std::string_view parts[16];
    while (auto n = c.output(parts))
      for (size_t i = 0; i < n; ++i) {
        auto part = std::string{parts[i]};
        records += part;
        c.sent(part.size());
        break;
      }
    std::string got;
    char buffer[session::record_bytes];
    s.receive(records, buffer, [&](std::string_view x) { got += x; });
    CAF_CHECK(got == plain);
  }

  CAF_TEST(output is bounded and writing goes on when it was sent) {
    auto [c, s] = connect();
    std::string plain(1'000'000, 'z');
    std::string_view rest = plain;
    std::string got;
    while (!rest.empty()) {
      auto n = c.write(rest);
      CAF_REQUIRE(n > 0 || c.output_size() > 0);
      CAF_REQUIRE(c.output_size()
                  <= session::output_limit + session::record_bytes + 64);
      rest.remove_prefix(n);
      carry(c, s);
      got += read_all(s);
    }
    CAF_CHECK(got == plain);
  }

  CAF_TEST(small parts share a record) {
    auto [c, s] = connect();
    std::string_view parts[] = {"one", "", "two", "three"};
    auto before = c.output_size();
    CAF_CHECK_EQUAL(c.write(parts), 11u);
    CAF_CHECK(c.output_size() - before < 11 + 40);
    std::string large(40'000, 'l');
    std::string_view more[] = {"head", large, "tail"};
    CAF_CHECK_EQUAL(c.write(more), large.size() + 8);
    carry(c, s);
    CAF_CHECK(read_all(s) == "onetwothreehead" + large + "tail");
  }

  CAF_TEST(parts fill records whatever their sizes) {
    std::string text;
    for (int i = 0; text.size() < 100'000; ++i)
      text += std::to_string(i) + ' ';
    for (size_t size : {9u, 1'000u, 16'383u, 16'384u, 16'385u, 50'000u}) {
      auto [c, s] = connect();
      std::vector<std::string_view> parts;
      for (std::string_view rest = text; !rest.empty();
           rest.remove_prefix(std::min(size, rest.size())))
        parts.push_back(rest.substr(0, size));
      CAF_REQUIRE_EQUAL(c.write(parts), text.size());
      // A record of 16 KiB has 22 bytes more.
      CAF_CHECK(c.output_size() < text.size() + (text.size() / 16'384 + 4) * 22);
      carry(c, s);
      CAF_CHECK(read_all(s) == text);
    }
  }

  CAF_TEST(parts beyond the limit of output are taken in part) {
    auto [c, s] = connect();
    std::string large(100'000, 'p');
    std::string_view parts[] = {large, "between", large};
    auto n = c.write(parts);
    CAF_CHECK(n >= session::output_limit && n < 2 * large.size());
    carry(c, s);
    CAF_CHECK(read_all(s) == (large + "between" + large).substr(0, n));
  }

  CAF_TEST(close_notify ends one direction and leaves the other) {
    auto [c, s] = connect();
    c.write("last words");
    c.close();
    CAF_CHECK_EQUAL(c.write("more"), 0u);
    carry(c, s);
    CAF_CHECK_EQUAL(read_all(s), "last words");
    CAF_CHECK(s.current() == state::peer_closed);
    s.receive_eof();
    CAF_CHECK(s.current() == state::peer_closed);
    CAF_CHECK_EQUAL(s.write("answer"), 6u);
    s.close();
    carry(s, c);
    CAF_CHECK_EQUAL(read_all(c), "answer");
    CAF_CHECK(c.current() == state::peer_closed);
    CAF_CHECK(!c.failure());
    CAF_CHECK(!s.failure());
  }

  CAF_TEST(an end without close_notify is a truncation behind what came) {
    auto [c, s] = connect();
    c.write("half");
    carry(c, s);
    s.receive_eof();
    CAF_CHECK_EQUAL(read_all(s), "half");
    CAF_CHECK(s.current() == state::failed);
    CAF_CHECK(s.failure().reason == errc::connection_lost);
    check_contains(s.failure().detail, "without TLS's close_notify");
    c.receive_eof();
    CAF_CHECK(c.current() == state::failed);
    check_contains(c.failure().detail, "localhost ended the connection");
  }

  CAF_TEST(a close_notify that waits is seen at the end of the socket) {
    auto [c, s] = connect();
    c.close();
    carry(c, s);
    s.receive_eof();
    CAF_CHECK(s.current() == state::peer_closed);
  }

  CAF_TEST(a changed byte fails the connection and the peer is told) {
    auto [c, s] = connect();
    c.write("question");
    std::string_view part[1];
    c.output(part);
    auto record = std::string{part[0]};
    record.back() = static_cast<char>(record.back() ^ 1);
    s.receive(record);
    CAF_CHECK_EQUAL(read_all(s), "");
    CAF_CHECK(s.current() == state::failed);
    CAF_CHECK(s.failure().reason == errc::protocol_error);
    check_contains(s.failure().detail, "broke the TLS protocol");
    carry(s, c);
    read_all(c);
    CAF_CHECK(c.current() == state::failed);
    check_contains(c.failure().detail, "alert bad record mac");
  }

  CAF_TEST(the peer may go during the handshake) {
    make_contexts();
    auto c = clients->connect("localhost", both_protocols);
    auto s = servers->accept();
    c.receive_eof();
    s.receive_eof();
    CAF_CHECK(c.failure().reason == errc::connection_failed);
    check_contains(c.failure().detail, "localhost closed the connection during the TLS "
                                       "handshake, before it sent a byte");
    CAF_CHECK(s.failure().reason == errc::protocol_error);
    check_contains(s.failure().detail, "the client closed the connection");
  }

  CAF_TEST(a session may be moved) {
    auto [c, s] = connect();
    session moved = std::move(c);
    moved.write("here");
    carry(moved, s);
    CAF_CHECK_EQUAL(read_all(s), "here");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
