#define CAF_SUITE http2_exchange

#include "pair.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::test;

CAF_TEST_FIXTURE_SCOPE(http2_exchange_tests, limited_pair)

  CAF_TEST(a call travels whole at every slice size) {
    for (size_t slice : {1u, 2u, 3u, 7u, 9u, 13u, 64u, 100'000u}) {
      restart();
      auto request = post("/Greeter/Hello?x=1", "hello");
      request.fields.add("Content-Type", "application/json");
      request.fields.add("Micro-Id", "7");
      request.fields.add("Connection", "close");
      auto id = send(std::move(request));
      run(slice);
      auto& got = at_server.of[id].request;
      CAF_CHECK_EQUAL(got.method, "POST"s);
      CAF_CHECK_EQUAL(got.target, "/Greeter/Hello?x=1"s);
      CAF_CHECK_EQUAL(got.body, "hello"s);
      CAF_CHECK_EQUAL(got.major_version, 2);
      CAF_CHECK_EQUAL(got.minor_version, 0);
      metadata expected{{"host", "a.example"},
                        {"content-type", "application/json"},
                        {"micro-id", "7"}};
      CAF_CHECK(got.fields == expected);
      CAF_CHECK_EQUAL(server.open_streams(), 1u);
      auto answer = response("hi", 201);
      answer.fields.add("Content-Type", "text/plain");
      server.respond(id, std::move(answer));
      run(slice);
      auto& back = at_client.of[id].response;
      CAF_CHECK_EQUAL(back.status, 201);
      CAF_CHECK_EQUAL(back.body, "hi"s);
      CAF_CHECK_EQUAL(std::string{back.fields.get_or("content-type", "")},
                      "text/plain"s);
      CAF_CHECK_EQUAL(server.open_streams(), 0u);
      CAF_CHECK(server.idle());
      CAF_CHECK_EQUAL(client.open_streams(), 0u);
      CAF_CHECK(!server.failure() && !client.failure());
      at_server.of.clear();
      at_client.of.clear();
    }
  }

  CAF_TEST(gRPC gets its fields then its body then its trailers) {
    auto request = post("/g.G/Call", std::string("\0\0\0\0\0", 5));
    request.fields.add("content-type", "application/grpc+proto");
    request.fields.add("te", "trailers");
    auto id = send(std::move(request));
    run();
    CAF_CHECK(!at_server.of[id].request.fields.contains("content-length"));
    auto answer = response(std::string("\0\0\0\0\1x", 6));
    answer.fields.add("content-type", "application/grpc");
    answer.trailers.add("Grpc-Status", "0");
    server.respond(id, std::move(answer));
    run();
    auto& back = at_client.of[id].response;
    CAF_CHECK_EQUAL(back.body.size(), 6u);
    CAF_CHECK_EQUAL(std::string{back.trailers.get_or("grpc-status", "")}, "0"s);
    CAF_CHECK_EQUAL(back.fields.size(), 1u);
  }

  CAF_TEST(an empty body with trailers is one frame) {
    auto id = send(get("/"));
    run();
    written(server);
    http_response answer;
    answer.fields.add("content-type", "application/grpc");
    answer.trailers.add("grpc-status", "12");
    server.respond(id, std::move(answer));
    auto bytes = written(server);
    // HEADERS with END_HEADERS and END_STREAM, and nothing behind it.
    CAF_REQUIRE(bytes.size() > 9);
    CAF_CHECK_EQUAL(static_cast<int>(bytes[3]), 1);
    CAF_CHECK_EQUAL(static_cast<int>(bytes[4]), 5);
    CAF_CHECK_EQUAL(static_cast<size_t>(bytes[2]), bytes.size() - 9);
    client.receive(bytes, now);
    CAF_CHECK_EQUAL(at_client.of[id].wholes, 1);
    CAF_CHECK(at_client.of[id].response.fields.contains("grpc-status"));
  }

  CAF_TEST(pieces travel both ways with trailers) {
    auto id = open(post("/pieces", ""));
    run(5);
    CAF_CHECK_EQUAL(at_server.of[id].heads, 1);
    http_response head;
    head.fields.add("x", "y");
    server.head(id, std::move(head));
    run(5);
    CAF_CHECK_EQUAL(at_client.of[id].heads, 1);
    client.data(id, "one");
    server.data(id, "eins");
    run(5);
    CAF_CHECK_EQUAL(at_server.of[id].data, "one"s);
    CAF_CHECK_EQUAL(at_client.of[id].data, "eins"s);
    client.data(id, "two");
    client.end(id);
    server.data(id, "zwei");
    run(5);
    CAF_CHECK_EQUAL(at_server.of[id].data, "onetwo"s);
    CAF_CHECK_EQUAL(at_server.of[id].ends, 1);
    CAF_CHECK_EQUAL(at_client.of[id].ends, 0);
    server.end(id, {{"grpc-status", "0"}});
    run(5);
    CAF_CHECK_EQUAL(at_client.of[id].data, "einszwei"s);
    CAF_CHECK_EQUAL(at_client.of[id].ends, 1);
    CAF_CHECK(at_client.of[id].trailers.contains("grpc-status"));
    CAF_CHECK_EQUAL(client.open_streams() + server.open_streams(), 0u);
    CAF_CHECK_EQUAL(at_client.of[id].failures + at_server.of[id].failures, 0);
  }

  CAF_TEST(large bodies arrive unchanged through small windows and writes) {
    limits2.stream_window_bytes = 20'000;
    limits2.connection_window_bytes = 70'000;
    restart();
    std::string up;
    std::string down;
    for (size_t i = 0; i < 1'000'000; ++i) {
      up += static_cast<char>(i * 7 + i / 251);
      down += static_cast<char>(i * 11 + i / 241);
    }
    at_server.then = [&](int32_t id) { server.respond(id, response(down)); };
    auto first = send(post("/", up));
    auto second = send(post("/2", up));
    for (size_t most = 1;; most = most % 9973 + 1) {
      auto a = written(client, most * 7);
      auto b = written(server, most * 5);
      if (a.empty() && b.empty())
        break;
      server.receive(a, now);
      client.receive(b, now);
    }
    for (auto id : {first, second}) {
      CAF_CHECK(at_server.of[id].request.body == up);
      CAF_CHECK(at_client.of[id].response.body == down);
    }
    CAF_CHECK(server.idle());
  }

  CAF_TEST(a writer waits while nobody takes what it sent) {
    limits2.stream_window_bytes = 10'000;
    limits2.stream_output_bytes = 8'000;
    restart();
    auto id = open(post("/pieces", ""));
    run();
    client.data(id, std::string(30'000, 'x'));
    run();
    CAF_CHECK_EQUAL(at_server.of[id].data.size(), 10'000u);
    CAF_CHECK_EQUAL(at_client.of[id].written, 10'000u);
    CAF_CHECK_EQUAL(at_client.of[id].writables, 0);
    server.consumed(id, 1'000'000);
    run();
    CAF_CHECK_EQUAL(at_server.of[id].data.size(), 20'000u);
    CAF_CHECK_EQUAL(at_client.of[id].writables, 0);
    server.consumed(id, 8'000);
    run();
    CAF_CHECK_EQUAL(at_server.of[id].data.size(), 28'000u);
    CAF_CHECK_EQUAL(at_client.of[id].writables, 1);
    server.consumed(id, 20'000);
    run();
    CAF_CHECK_EQUAL(at_server.of[id].data.size(), 30'000u);
    CAF_CHECK_EQUAL(at_client.of[id].written, 30'000u);
    CAF_CHECK_EQUAL(at_client.of[id].writables, 1);
  }

  CAF_TEST(a reset reaches the other side once and nothing follows) {
    auto a = open(post("/pieces", ""));
    auto b = send(get("/whole"));
    run();
    client.reset(a, reset_reason::cancel);
    client.reset(a, reset_reason::cancel);
    server.reset(b, reset_reason::refused_stream);
    run();
    CAF_CHECK_EQUAL(at_server.of[a].failures, 1);
    CAF_CHECK(at_server.of[a].failure.reason == errc::cancelled);
    CAF_CHECK_EQUAL(at_client.of[a].failures, 0);
    CAF_CHECK_EQUAL(at_client.of[b].failures, 1);
    CAF_CHECK(at_client.of[b].failure.reason == errc::connection_failed);
    CAF_CHECK_EQUAL(at_server.of[b].failures, 0);
    server.data(a, "x");
    server.respond(b, response("late"));
    client.data(a, "late");
    run();
    CAF_CHECK_EQUAL(at_client.of[b].wholes, 0);
    CAF_CHECK_EQUAL(server.open_streams() + client.open_streams(), 0u);
    CAF_CHECK(!client.finished() && !server.finished());
  }

  CAF_TEST(an answer before the end of the request is the answer) {
    auto id = open(post("/pieces", ""));
    run();
    server.respond(id, response("enough", 403));
    run();
    CAF_CHECK_EQUAL(at_client.of[id].ends, 1);
    CAF_CHECK_EQUAL(at_client.of[id].failures, 0);
    CAF_CHECK_EQUAL(at_client.of[id].response.status, 403);
    client.data(id, "more");
    run();
    CAF_CHECK_EQUAL(server.open_streams() + client.open_streams(), 0u);
    CAF_CHECK_EQUAL(at_server.of[id].failures, 0);
    CAF_CHECK(!client.failure() && !server.failure());
  }

  CAF_TEST(a request that was never sent can be cancelled) {
    limits2.concurrent_streams = 1;
    restart();
    run();
    auto a = send(get("/a"));
    CAF_CHECK_EQUAL(client.capacity(), 0u);
    auto b = send(get("/b"));
    client.reset(b, reset_reason::cancel);
    run();
    CAF_CHECK_EQUAL(at_server.of.count(b), 0u);
    server.respond(a, response("a"));
    run();
    CAF_CHECK_EQUAL(at_client.of[a].wholes, 1);
    CAF_CHECK_EQUAL(client.open_streams(), 0u);
    CAF_CHECK(at_client.capacities > 0);
    CAF_CHECK_EQUAL(client.capacity(), 1u);
  }

  CAF_TEST(draining lets streams end and refuses new ones) {
    auto a = send(get("/a"));
    run();
    server.drain();
    run();
    CAF_CHECK(client.closing());
    CAF_CHECK_EQUAL(client.capacity(), 0u);
    CAF_CHECK(!client.request(get("/b"), "http"));
    CAF_CHECK(!server.finished());
    server.respond(a, response("a"));
    run();
    CAF_CHECK_EQUAL(at_client.of[a].wholes, 1);
    CAF_CHECK(server.finished());
    CAF_CHECK(client.finished());
    CAF_CHECK(!server.failure() && !client.failure());
  }

  CAF_TEST(the end of the connection fails what is open) {
    auto a = send(get("/a"));
    run();
    client.receive_eof();
    server.receive_eof();
    CAF_CHECK(at_client.of[a].failure.reason == errc::connection_lost);
    CAF_CHECK(at_server.of[a].failure.reason == errc::connection_lost);
    CAF_CHECK(client.finished() && server.finished());
    client.reset(a, reset_reason::cancel);
    server.respond(a, response("late"));
    CAF_CHECK(written(server).empty());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
