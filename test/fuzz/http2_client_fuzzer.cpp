// HTTP/2 as a client reads it: every stream has one outcome, in order and within the
// limits, whatever comes and whatever is commanded meanwhile; what is written is
// frames.
//
// The first octet is the slice size, the second chooses the commands, the rest is what
// the server sends; unless it begins with SETTINGS, one is put in front.

#include "http2/client_session.hpp"

#include "http2_script.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::fuzz;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view hello{"\0\0\0\4\0\0\0\0\0", 9};

struct run : http2::client_events {
  explicit run(uint8_t seed) : script_(seed), commands_(seed != 0) {
    for (int i = 0; i < 4; ++i)
      begin();
    out.take(session, 10'000, -1);
  }

  void begin() {
    if (log.size() > 20)
      return;
    http_request request;
    request.method = log.size() % 3 == 0 ? "HEAD" : "POST";
    request.target = "/";
    request.fields.add("Host", "a");
    bool whole = log.size() % 2 == 0;
    if (whole)
      request.body.assign(script_.below(2000), 'x');
    auto id = whole ? session.request(std::move(request), "http")
                    : session.open(std::move(request), "http");
    require(static_cast<bool>(id) != session.closing(), "requests fail when closing");
    if (id)
      log[*id].whole = whole;
  }

  // -- events ---------------------------------------------------------------------

  void on_response(int32_t id, http_response&& response) override {
    auto& x = open(id);
    require(x.whole, "a response belongs to a request");
    check(response);
    require(response.body.size() <= 256, "body_bytes holds");
    require_bounded(response.trailers);
    x.ended = true;
    again();
  }

  void on_head(int32_t id, http_response&& head) override {
    auto& x = open(id);
    require(!x.whole && !x.head, "one head of a stream");
    check(head);
    x.head = true;
    again();
  }

  void on_data(int32_t id, std::string_view bytes) override {
    auto& x = open(id);
    require(x.head && !bytes.empty(), "data follows a head");
    if (commands_)
      session.consumed(id, script_.below(600));
  }

  void on_end(int32_t id, metadata&& trailers) override {
    auto& x = open(id);
    require(x.head, "an end follows a head");
    require_bounded(trailers);
    x.ended = true;
    again();
  }

  void on_writable(int32_t id) override {
    open(id);
  }

  void on_failure(int32_t id, const error& why) override {
    auto& x = open(id);
    require(static_cast<bool>(why), "a failure has a reason");
    x.reset = true;
    again();
  }

  void on_capacity() override {
    require(session.capacity() > 0, "there is capacity");
    again();
  }

  void receive(std::string_view bytes, size_t slice) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size()))) {
      session.receive(bytes.substr(0, slice), now);
      if (commands_)
        act();
    }
  }

  void finish() {
    out.take(session, 10'000, -1);
    if (session.failure())
      require(session.finished() && session.closing(), "a failed connection ends");
    session.receive_eof();
    out.take(session, 10'000, -1);
    out.require_whole();
    require(session.finished() && session.open_streams() == 0, "the end ends all");
    for (const auto& [id, x] : log)
      require(x.closed || x.ended || x.reset, "every stream has an outcome");
  }

private:
  stream_log& open(int32_t id) {
    require(log.contains(id), "only our streams are told");
    auto& x = log[id];
    require(!x.ended && !x.reset && !x.closed, "nothing follows the end of a stream");
    return x;
  }

  static void check(const http_response& x) {
    require(x.status >= 200 && x.status <= 999, "a response is final");
    require_bounded(x.fields);
  }

  void again() {
    if (commands_ && script_.below(3) == 0)
      begin();
  }

  void act() {
    out.take(session, 1 + script_.below(300), static_cast<int>(script_.below(3)));
    auto at = log.begin();
    std::advance(at, script_.below(static_cast<uint32_t>(log.size())));
    auto id = at->first;
    switch (script_.below(12)) {
      case 0:
        session.data(id, std::string(script_.below(3000), 'y'));
        break;
      case 1:
        session.end(id);
        break;
      case 2:
        if (!log[id].ended && !log[id].reset)
          log[id].closed = true;
        session.reset(id, reset_reason::cancel);
        break;
      case 3:
        session.consumed(id, script_.below(1000));
        break;
      case 4:
        now = std::max(now, std::min(session.due(), now + 10min));
        session.expire(now);
        break;
      case 5:
        if (script_.below(10) == 0)
          session.drain();
        break;
      default:
        begin();
        break;
    }
  }

  std::map<int32_t, stream_log> log;
  http_limits limits = small_limits();
  http2_limits limits2 = small_limits2();
  http2::time_point now = http2::time_point{} + 1h;
  http2::client_session session{limits, limits2, *this};
  writer<http2::client_session> out{24};
  script script_;
  bool commands_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  auto slice = std::max<size_t>(data[0] % 64, 1);
  std::string bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  if (bytes.size() < 9 || bytes[3] != 4)
    bytes.insert(0, hello);
  run session{data[1]};
  session.receive(bytes, slice);
  session.finish();
  return 0;
}
