// HTTP/1.1 as a client reads it: slicing does not change the outcome, a failed
// connection stays failed, limits hold.
//
// The first octet is the slice size, the second chooses the request's method and
// whether the peer closes; the rest is what the peer sends.

#include "http1/client_session.hpp"

#include "invariant.hpp"

#include <algorithm>
#include <string>

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
  return result;
}

const auto limits = small_limits();

struct outcome {
  int status = 0;
  metadata fields;
  std::string body;
  std::string failure;
  bool finished = false;

  bool operator==(const outcome&) const = default;
};

void send(client_session& session, bool head) {
  http_request request;
  request.method = head ? "HEAD" : "GET";
  request.target = "/";
  session.send(std::move(request));
  session.sent(session.output_size());
}

void check(const http_response& x) {
  require(x.status >= 200 && x.status <= 999, "a response is final");
  require(x.body.size() <= limits.body_bytes, "body_bytes holds");
  require(x.fields.size() <= limits.header_fields, "header_fields holds");
  size_t text = 0;
  for (auto field : x.fields)
    text += field.name.size() + field.value.size();
  require(text <= limits.header_bytes, "header_bytes holds");
}

outcome read(std::string_view bytes, size_t slice, bool head, bool closes) {
  client_session session{limits};
  send(session, head);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size())))
    session.receive(bytes.substr(0, slice));
  if (closes)
    session.receive_eof();
  outcome result;
  if (auto taken = session.take()) {
    if (*taken) {
      auto response = *std::move(*taken);
      check(response);
      result = {response.status,
                std::move(response.fields),
                std::move(response.body),
                {},
                false};
    } else {
      result.failure = to_string(taken->error());
      require(!result.failure.empty(), "a failure has a text");
      require(session.finished(), "a failure ends the connection");
    }
    require(session.ready() != session.finished(),
            "behind an outcome: ready or finished");
  }
  require(!session.take(), "an outcome is taken once");
  result.finished = session.finished();
  if (result.finished) {
    session.receive("HTTP/1.1 204 \r\n\r\n");
    require(!session.take() && session.finished(), "finished is for ever");
  }
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  auto slice = std::max<size_t>(data[0] % 32, 1);
  bool head = data[1] & 1;
  bool closes = data[1] & 2;
  std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  require(read(bytes, bytes.size(), head, closes) == read(bytes, slice, head, closes),
          "slicing changes nothing");
  return 0;
}
