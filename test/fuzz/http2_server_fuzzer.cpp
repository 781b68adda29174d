// HTTP/2 as a server reads it: whatever comes, and whatever handlers do meanwhile, what
// is told is in order and within the limits, what is written is frames, and slicing
// does not change what is told.
//
// The first octet is the slice size, the second chooses the commands (0: none), the
// rest is what the peer sends; without a preface, one is put in front.

#include "http2_script.hpp"

#include <vector>

using namespace mica;
using namespace mica::net;
using namespace mica::fuzz;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view hello{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
                                 33};

struct run : http2::server_events {
  explicit run(uint8_t seed) : script_(seed), commands_(seed != 0) {
    // nop
  }

  // -- events ---------------------------------------------------------------------

  bool on_head(int32_t id, http_request& head) override {
    require(!log.contains(id), "a stream begins once");
    check(head);
    if (id % 4 == 1)
      return false;
    auto& x = log[id];
    x.head = true;
    x.text = head.method + ' ' + head.target;
    return true;
  }

  void on_request(int32_t id, http_request&& request) override {
    require(!log.contains(id), "a stream begins once");
    check(request);
    require(request.body.size() <= 256, "body_bytes holds");
    auto& x = log[id];
    x.whole = true;
    x.text = request.method + ' ' + request.target + ' ' + request.body;
    if (commands_ && script_.below(2) == 0)
      command(id);
  }

  void on_data(int32_t id, std::string_view bytes) override {
    auto& x = log[id];
    require(x.head, "data follows a head");
    x.require_open();
    require(!bytes.empty(), "data is not empty");
    x.text += bytes;
    if (commands_)
      session.consumed(id, script_.below(600));
  }

  void on_end(int32_t id, metadata&& trailers) override {
    auto& x = log[id];
    require(x.head, "an end follows a head");
    x.require_open();
    x.ended = true;
    require_bounded(trailers);
  }

  void on_writable(int32_t id) override {
    require(log.contains(id) && !log[id].reset && !log[id].closed,
            "only open streams are written to");
    command(id);
  }

  void on_written(int32_t id, size_t bytes) override {
    require(log.contains(id) && bytes > 0, "something was written");
  }

  void on_reset(int32_t id, const error& why) override {
    require(log.contains(id), "only what was told is reset");
    auto& x = log[id];
    require(!x.reset && !x.closed, "a reset is told once, before the end");
    require(static_cast<bool>(why), "a reset has a reason");
    x.reset = true;
  }

  // -- the other side -------------------------------------------------------------

  void receive(std::string_view bytes, size_t slice) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size()))) {
      session.receive(bytes.substr(0, slice), now);
      if (commands_)
        act();
      require(session.open_streams() <= 256, "concurrent_streams holds");
    }
  }

  void finish() {
    out.take(session, 10'000, -1);
    bool failed = static_cast<bool>(session.failure());
    if (failed) {
      require(session.finished(), "a failed connection ends");
      require(session.due() == http2::time_point::max(), "and waits for nothing");
    }
    session.receive_eof();
    out.take(session, 10'000, -1);
    out.require_whole();
    require(session.finished() && session.open_streams() == 0, "the end ends all");
    for (const auto& [id, x] : log)
      require(x.closed || x.reset, "every stream ends");
  }

  std::map<int32_t, stream_log> log;
  bool any_reset() const {
    for (const auto& [id, x] : log)
      if (x.reset)
        return true;
    return false;
  }

  http_limits limits = small_limits();
  http2_limits limits2 = small_limits2();
  http2::time_point now = http2::time_point{} + 1h;
  http2::server_session session{limits, limits2, *this};
  writer<http2::server_session> out{0};

private:
  static void check(const http_request& x) {
    require_bounded(x.fields);
    require(x.target.size() <= 64, "start_line_bytes holds");
    require(!x.method.empty() && x.major_version == 2, "a request has a method");
  }

  void act() {
    out.take(session, 1 + script_.below(300), static_cast<int>(script_.below(3)));
    if (!log.empty() && script_.below(2) == 0) {
      auto at = log.begin();
      std::advance(at, script_.below(static_cast<uint32_t>(log.size())));
      command(at->first);
    }
    switch (script_.below(60)) {
      case 0:
        session.drain();
        break;
      case 1:
        now = std::max(now, std::min(session.due(), now + 10min));
        session.expire(now);
        break;
    }
  }

  void command(int32_t id) {
    auto& x = log[id];
    auto close = [&x] { x.closed = true; };
    http_response response;
    response.fields.add("X", "y");
    switch (script_.below(7)) {
      case 0:
        response.body.assign(script_.below(5000), 'x');
        session.respond(id, std::move(response));
        // After `head` it does nothing.
        if (!headed_[id])
          close();
        break;
      case 1:
        session.head(id, std::move(response));
        headed_[id] = true;
        break;
      case 2:
      case 3:
        session.data(id, std::string(script_.below(3000), 'y'));
        break;
      case 4:
        session.end(id, {{"grpc-status", "0"}});
        close();
        break;
      case 5:
        session.reset(id, reset_reason::cancel);
        close();
        break;
      case 6:
        session.consumed(id, script_.below(1000));
        break;
    }
  }

  script script_;
  bool commands_;
  std::map<int32_t, bool> headed_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  auto slice = std::max<size_t>(data[0] % 64, 1);
  std::string bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  if (!bytes.starts_with("PRI"))
    bytes.insert(0, hello);
  run whole{data[1]};
  whole.receive(bytes, data[1] == 0 ? bytes.size() : slice);
  if (data[1] == 0) {
    run sliced{0};
    sliced.receive(bytes, slice);
    // Whether a frame still finds its stream after a reset is a matter of time.
    if (!whole.any_reset() && !sliced.any_reset() && !whole.session.failure()
        && !sliced.session.failure()) {
      require(whole.log.size() == sliced.log.size(), "slicing changes nothing");
      for (const auto& [id, x] : whole.log)
        require(sliced.log[id].text == x.text && sliced.log[id].ended == x.ended,
                "slicing changes nothing");
    }
    sliced.finish();
  }
  whole.finish();
  return 0;
}
