// A client that speaks HTTP/2 by a session of ours; whoever uses it moves the bytes.

#pragma once

#include "http2/client_session.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace mica::test {

/// What was told of one stream.
struct stream_record {
  http_response response;
  std::string data;
  metadata trailers;
  error failure;
  /// A whole response or a head has come.
  bool answered = false;
  /// Bytes given by `data` that have been framed.
  size_t written = 0;
  bool ended = false;
};

class http2_peer : private net::http2::client_events {
public:
  explicit http2_peer(const net::http2_limits& limits2 = {})
    : session(net::http_limits{}, limits2, *this) {
    // nop
  }

  /// Begins a whole request; returns its stream.
  int32_t ask(const std::string& target, const std::string& body = {}) {
    http_request request;
    request.method = body.empty() ? "GET" : "POST";
    request.target = target;
    request.fields.add("Host", "x");
    request.body = body;
    auto id = session.request(std::move(request), "http");
    return id ? *id : 0;
  }

  /// Begins a request whose body is sent in pieces.
  int32_t open(const std::string& target) {
    http_request request;
    request.method = "POST";
    request.target = target;
    request.fields.add("Host", "x");
    auto id = session.open(std::move(request), "http");
    return id ? *id : 0;
  }

  /// What the session wants to write now.
  std::string output() {
    std::string result;
    std::string_view parts[8];
    while (auto count = session.output(parts)) {
      size_t size = 0;
      for (size_t i = 0; i < count; ++i) {
        result += parts[i];
        size += parts[i].size();
      }
      session.sent(size);
    }
    return result;
  }

  void receive(std::string_view bytes) {
    session.receive(bytes, {});
  }

  const std::string& body(int32_t stream) {
    return of[stream].response.body;
  }

  std::map<int32_t, stream_record> of;
  /// Windows open as soon as bytes come.
  bool greedy = true;
  net::http2::client_session session;

private:
  void on_response(int32_t stream, http_response&& response) override {
    of[stream].response = std::move(response);
    of[stream].answered = true;
  }

  void on_head(int32_t stream, http_response&& head) override {
    of[stream].response = std::move(head);
    of[stream].answered = true;
  }

  void on_data(int32_t stream, std::string_view bytes) override {
    of[stream].data += bytes;
    if (greedy)
      session.consumed(stream, bytes.size());
  }

  void on_end(int32_t stream, metadata&& trailers) override {
    of[stream].trailers = std::move(trailers);
    of[stream].ended = true;
  }

  void on_writable(int32_t) override {
    // nop
  }

  void on_written(int32_t stream, size_t bytes) override {
    of[stream].written += bytes;
  }

  void on_failure(int32_t stream, const error& why) override {
    of[stream].failure = why;
  }

  void on_capacity() override {
    // nop
  }
};

} // namespace mica::test
