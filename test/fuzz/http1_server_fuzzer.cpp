// HTTP/1.1 as a server reads it: neither slicing nor the order of answers changes what
// is read and answered, and what was read can be written and read again.
//
// The first octet is the slice size, the rest is what the peer sends.

#include "http1/client_session.hpp"
#include "http1/server_session.hpp"

#include "invariant.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using mica::fuzz::require;

namespace {

http_limits small_limits() {
  http_limits result;
  result.start_line_bytes = 64;
  result.header_bytes = 128;
  result.header_fields = 6;
  result.body_bytes = 64;
  result.pipelined_requests = 3;
  result.output_bytes = 1024;
  return result;
}

const auto limits = small_limits();

template <class Session>
std::string written(Session& session) {
  std::string result;
  std::string_view parts[2];
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

/// Everything that a peer and the handler see.
struct record {
  std::vector<http_request> requests;
  std::string output;
  bool refused = false;
};

struct run {
  explicit run(bool deferred) : deferred_(deferred) {
    // nop
  }

  record of(std::string_view bytes, size_t slice) {
    while (!bytes.empty()) {
      if (!session_.wants_input())
        answer();
      session_.receive(bytes.substr(0, slice));
      bytes.remove_prefix(std::min(slice, bytes.size()));
      take();
      if (!deferred_)
        answer();
    }
    answer();
    result_.refused = session_.refused();
    session_.receive_eof();
    answer();
    written(session_);
    require(session_.finished(), "all answered behind the end is finished");
    return std::move(result_);
  }

private:
  void take() {
    numbered_request next;
    while (session_.next(next)) {
      require(!session_.finished(), "a finished session has no requests");
      require(next.sequence == result_.requests.size(), "sequences are consecutive");
      check(next.request);
      owed_.push_back(next.sequence);
      result_.requests.push_back(std::move(next.request));
    }
    require(session_.unanswered() <= limits.pipelined_requests + 1,
            "the pipeline is bounded");
  }

  void answer() {
    // Answers and writing make room for requests that wait: until none is owed.
    do {
      auto owed = std::move(owed_);
      owed_.clear();
      if (deferred_)
        std::reverse(owed.begin(), owed.end());
      for (auto sequence : owed) {
        http_response response;
        response.fields.add("Sequence", std::to_string(sequence));
        response.body = "answer";
        session_.respond(sequence, std::move(response));
        take();
      }
      result_.output += written(session_);
      take();
    } while (!owed_.empty());
  }

  static void check(const http_request& x) {
    require(x.target.size() <= limits.start_line_bytes, "start_line_bytes holds");
    require(x.fields.size() <= limits.header_fields, "header_fields holds");
    require(x.body.size() <= limits.body_bytes, "body_bytes holds");
    size_t text = 0;
    for (auto field : x.fields) {
      text += field.name.size() + field.value.size();
      require(field.name != "Content-Length" && field.name != "Transfer-Encoding",
              "fields that frame the message stay behind");
    }
    // An absolute target may lengthen Host.
    require(text <= limits.header_bytes + limits.start_line_bytes,
            "header_bytes holds");
  }

  server_session session_{limits};
  record result_;
  std::vector<uint64_t> owed_;
  bool deferred_;
};

/// Whether 100 is said depends on whether the body is there: on the slicing.
std::string without_interim(std::string text) {
  const std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  for (size_t at; (at = text.find(interim)) != std::string::npos;)
    text.erase(at, interim.size());
  return text;
}

bool same(const http_request& x, const http_request& y) {
  return x.method == y.method && x.target == y.target && x.fields == y.fields
         && x.body == y.body && x.minor_version == y.minor_version;
}

void require_same(const record& x, const record& y, const char* claim) {
  require(x.refused == y.refused, claim);
  require(x.requests.size() == y.requests.size(), claim);
  for (size_t i = 0; i < x.requests.size(); ++i)
    require(same(x.requests[i], y.requests[i]), claim);
  require(without_interim(x.output) == without_interim(y.output), claim);
}

void require_stable(const http_request& request) {
  const http_limits wide;
  client_session client{wide};
  client.send(http_request{request});
  server_session server{wide};
  server.receive(written(client));
  numbered_request again;
  require(server.next(again), "what was read can be written and read again");
  require(same(again.request, request), "reading again reads the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2)
    return 0;
  auto slice = std::max<size_t>(data[0] % 32, 1);
  std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto whole = run{false}.of(bytes, bytes.size());
  require_same(whole, run{false}.of(bytes, slice), "slicing changes nothing");
  require_same(whole, run{true}.of(bytes, slice),
               "the order of answers changes nothing");
  for (const auto& request : whole.requests)
    require_stable(request);
  return 0;
}
