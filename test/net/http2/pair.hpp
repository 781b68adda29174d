// A client's and a server's session back to back, and what they tell.

#pragma once

#include "http2/client_session.hpp"
#include "http2/server_session.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mica::test {

using namespace std::literals;
using net::http2::time_point;

/// What was told of one stream.
struct told {
  http_request request;
  http_response response;
  std::string data;
  metadata trailers;
  error failure;
  int heads = 0;
  int wholes = 0;
  int ends = 0;
  int writables = 0;
  size_t written = 0;
  int failures = 0;
};

/// Records; takes streams in pieces whose target begins with `/pieces`.
struct server_record : net::http2::server_events {
  bool on_head(int32_t id, http_request& head) override {
    if (!head.target.starts_with("/pieces"))
      return false;
    ++of[id].heads;
    of[id].request = std::move(head);
    return true;
  }

  void on_request(int32_t id, http_request&& request) override {
    ++of[id].wholes;
    of[id].request = std::move(request);
    if (then)
      then(id);
  }

  void on_data(int32_t id, std::string_view bytes) override {
    of[id].data += bytes;
  }

  void on_end(int32_t id, metadata&& trailers) override {
    ++of[id].ends;
    of[id].trailers = std::move(trailers);
  }

  void on_writable(int32_t id) override {
    ++of[id].writables;
  }

  void on_written(int32_t id, size_t bytes) override {
    of[id].written += bytes;
  }

  void on_reset(int32_t id, const error& why) override {
    ++of[id].failures;
    of[id].failure = why;
  }

  std::map<int32_t, told> of;
  /// What happens when a whole request was told.
  std::function<void(int32_t)> then;
};

struct client_record : net::http2::client_events {
  void on_response(int32_t id, http_response&& response) override {
    ++of[id].wholes;
    of[id].response = std::move(response);
  }

  void on_head(int32_t id, http_response&& head) override {
    ++of[id].heads;
    of[id].response = std::move(head);
  }

  void on_data(int32_t id, std::string_view bytes) override {
    of[id].data += bytes;
  }

  void on_end(int32_t id, metadata&& trailers) override {
    ++of[id].ends;
    of[id].trailers = std::move(trailers);
  }

  void on_writable(int32_t id) override {
    ++of[id].writables;
  }

  void on_written(int32_t id, size_t bytes) override {
    of[id].written += bytes;
  }

  void on_failure(int32_t id, const error& why) override {
    ++of[id].failures;
    of[id].failure = why;
  }

  void on_capacity() override {
    ++capacities;
  }

  std::map<int32_t, told> of;
  int capacities = 0;
};

/// Takes what the session wants to write now, at most `most` bytes.
template <class Session>
std::string written(Session& session, size_t most = std::string::npos) {
  std::string result;
  std::string_view parts[4];
  while (result.size() < most) {
    auto count = session.output(parts);
    if (count == 0)
      break;
    std::string piece;
    for (size_t i = 0; i < count; ++i)
      piece += parts[i];
    piece.resize(std::min(piece.size(), most - result.size()));
    session.sent(piece.size());
    result += piece;
  }
  return result;
}

inline http_request get(std::string target) {
  http_request result;
  result.method = "GET";
  result.target = std::move(target);
  result.fields.add("Host", "a.example");
  return result;
}

inline http_request post(std::string target, std::string body) {
  auto result = get(std::move(target));
  result.method = "POST";
  result.body = std::move(body);
  return result;
}

inline http_response response(std::string body, int status = 200) {
  http_response result;
  result.status = status;
  result.body = std::move(body);
  return result;
}

struct pair_fixture {
  pair_fixture() : now(time_point{} + 1h) {
    // nop
  }

  /// Carries bytes both ways in slices until neither has any.
  void run(size_t slice = std::string::npos) {
    for (;;) {
      auto up = written(client);
      auto down = written(server);
      if (up.empty() && down.empty())
        return;
      feed(server, up, slice);
      feed(client, down, slice);
      up_bytes += up.size();
      down_bytes += down.size();
    }
  }

  template <class Session>
  void feed(Session& session, std::string_view bytes, size_t slice) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size())))
      session.receive(bytes.substr(0, slice), now);
  }

  int32_t send(http_request what) {
    auto id = client.request(std::move(what), "http");
    if (!id)
      throw std::runtime_error{to_string(id.error())};
    return *id;
  }

  int32_t open(http_request what) {
    auto id = client.open(std::move(what), "http");
    if (!id)
      throw std::runtime_error{to_string(id.error())};
    return *id;
  }

  net::http_limits limits;
  net::http2_limits limits2;
  time_point now;
  server_record at_server;
  client_record at_client;
  net::http2::server_session server{limits, limits2, at_server};
  net::http2::client_session client{limits, limits2, at_client};
  size_t up_bytes = 0;
  size_t down_bytes = 0;
};

/// Sessions with limits of their own.
struct limited_pair : pair_fixture {
  void restart() {
    server = net::http2::server_session{limits, limits2, at_server};
    client = net::http2::client_session{limits, limits2, at_client};
  }
};

} // namespace mica::test
