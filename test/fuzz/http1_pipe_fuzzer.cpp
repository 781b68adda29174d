// Streams of messages over HTTP/1.1, as each side reads them: slicing changes nothing,
// nor does when requests are let go without an answer; what was read can be written and
// read again, also as the records that handlers get.
//
// The first octet is the slice size, the rest is what the peer sends.

#include "http1/client_pipe.hpp"
#include "http1/server_session.hpp"
#include "io/message_records.hpp"

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
  result.header_bytes = 256;
  result.header_fields = 6;
  result.body_bytes = 64;
  result.pipelined_requests = 3;
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

/// What one side saw.
struct record {
  std::vector<std::string> bodies;
  std::vector<metadata> fields;
  std::string written;
  std::string failure;
};

void require_same(const record& x, const record& y, const char* claim) {
  require(x.bodies == y.bodies && x.fields == y.fields, claim);
  require(x.failure == y.failure && x.written == y.written, claim);
}

record read_as_client(std::string_view bytes, size_t slice) {
  client_pipe pipe{limits};
  http_request first;
  first.method = "POST";
  first.target = "/";
  first.fields = {{"Host", "a"}, {"Micro-Stream", "0"}};
  require(static_cast<bool>(pipe.open(std::move(first))), "a pipe opens");
  record result;
  auto take = [&] {
    for (http_response x; pipe.next(x);) {
      require(x.body.size() <= limits.body_bytes, "body_bytes holds");
      result.bodies.push_back(std::move(x.body));
      result.fields.push_back(std::move(x.fields));
    }
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size()))) {
    pipe.receive(bytes.substr(0, slice));
    take();
  }
  pipe.receive_eof();
  take();
  require(static_cast<bool>(pipe.failure()), "an end of the connection is a failure");
  result.failure = pipe.failure().detail;
  return result;
}

/// @param late requests are let go when the bytes have all come, or there is no room.
record read_as_server(std::string_view bytes, size_t slice, bool late) {
  server_session session{limits};
  record result;
  std::vector<uint64_t> held;
  auto let_go = [&] {
    for (auto sequence : std::exchange(held, {}))
      session.forgo(sequence);
  };
  auto take = [&] {
    for (numbered_request next; session.next(next);) {
      result.bodies.push_back(std::move(next.request.body));
      result.fields.push_back(std::move(next.request.fields));
      held.push_back(next.sequence);
      if (!late)
        let_go();
    }
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size()))) {
    session.receive(bytes.substr(0, slice));
    for (take(); !held.empty() && !session.wants_input(); take())
      let_go();
  }
  session.receive_eof();
  do {
    let_go();
    take();
  } while (!held.empty());
  require(session.unanswered() == 0, "nothing is owed");
  // What is written is a refusal, or that a body may come: that depends on the slices.
  result.failure = session.refused() ? "refused" : "";
  auto out = written(session);
  if (session.refused())
    result.written = out.substr(
        out.find("HTTP/1.1 4") == out.npos ? out.size() : out.find("HTTP/1.1 4"));
  require(session.finished(), "behind its end a session is finished");
  return result;
}

void require_records(const std::vector<std::string>& bodies) {
  std::string all;
  for (const auto& body : bodies)
    all += make_record(body);
  std::string_view rest = all;
  std::string_view body;
  for (const auto& expected : bodies)
    require(next_record(rest, body) && body == expected, "a record is read as made");
  require(!next_record(rest, body) && rest.empty(), "and nothing else");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2)
    return 0;
  auto slice = std::max<size_t>(data[0] % 32, 1);
  std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  auto client = read_as_client(bytes, bytes.size());
  require_same(client, read_as_client(bytes, slice), "slicing changes no response");
  require_records(client.bodies);
  auto server = read_as_server(bytes, bytes.size(), false);
  require_same(server, read_as_server(bytes, slice, false),
               "slicing changes no request");
  require_same(server, read_as_server(bytes, slice, true),
               "when requests are let go changes nothing");
  require_records(server.bodies);
  // Any bytes at all as records.
  for (std::string_view rest = bytes, body; next_record(rest, body);)
    require(body.size() <= bytes.size(), "a record lies within its bytes");
  return 0;
}
