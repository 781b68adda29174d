// What the server's and the client's half have in common.

#pragma once

#include "http2/abuse_meter.hpp"
#include "http2/field_block.hpp"
#include "http2/frame_queue.hpp"
#include "http2/frame_scanner.hpp"
#include "http2/keep_alive.hpp"
#include "http2/session_memory.hpp"
#include "http2/stream.hpp"

#include "mica/codecs/error.hpp"
#include "mica/net/limits.hpp"
#include "mica/net/stream.hpp"

#include <nghttp2/nghttp2.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::http2 {

using time_point = std::chrono::steady_clock::time_point;

struct library_deleter {
  void operator()(nghttp2_session* x) const noexcept {
    nghttp2_session_del(x);
  }
};

/// In the PING whose answer says that the peer has seen our intent to go.
inline constexpr uint8_t drain_word[8] = {'m', 'i', 'c', 'a', ' ', 'b', 'y', 'e'};

/// Reads a Content-Length that nghttp2 has checked; 0 for what is no number.
size_t length_of(std::string_view value) noexcept;

/// An `error` of this folder.
error failure_of(errc reason, std::string text);

/// One connection around an nghttp2 session: frames in and out, limits, time. The two
/// halves say by overriding what messages mean. Does not move: nghttp2 points to it.
///
/// The library's callbacks call the hooks. What is told to users of streams that ended
/// or drained waits until the library has returned (`later`), so that no stream dies
/// under its feet.
class session_core {
public:
  enum class side : uint8_t { server, client };

  /// Frames are made until this much waits for the socket: one good writev.
  static constexpr size_t burst_bytes = 256 * 1024;

  session_core(side which, const http_limits& limits, const http2_limits& limits2);
  virtual ~session_core();
  session_core(const session_core&) = delete;
  session_core& operator=(const session_core&) = delete;

  // -- as the public sessions say -------------------------------------------------

  void receive(std::string_view bytes, time_point now);
  void receive_eof();
  size_t output(std::span<std::string_view> parts);
  void sent(size_t bytes);
  bool wants_output() const noexcept;
  time_point due() const noexcept;
  void expire(time_point now);
  bool finished() const noexcept;
  void data(int32_t id, std::string&& bytes);
  void consumed(int32_t id, size_t bytes);
  void reset(int32_t id, uint32_t code);

  // -- for the halves -------------------------------------------------------------

  /// Ends the connection as soon as the library has returned: GOAWAY with `code`.
  void doom(uint32_t code, errc reason, std::string text);

  bool alive() const noexcept {
    return !ended && !doomed_;
  }

  /// The stream of a command: null if it is dead, or if nothing may be sent on it.
  stream* sendable(int32_t id) const noexcept;

  /// Gives the fields in `block`, the first of this stream, to the library; its body
  /// and trailers follow unless `last`. Returns the library's error or 0.
  [[nodiscard]] int submit_head(stream& x, bool last);

  /// More of the body or its end is there.
  void resume(stream& x);

  /// The stream is given up by us: nothing more is told of it.
  void give_up(stream& x, uint32_t code);

  /// As `give_up`; `why` is told.
  void lose(stream& x, uint32_t code, error why);

  /// Bytes that nobody keeps: the windows open.
  void release(stream& x, size_t bytes);

  /// Lets `body`, which is collected, grow for `more`: to what it says that it will be,
  /// within `http_limits::body_bytes` and what was shown of it so far. The peer's
  /// window is opened for the rest, which is taken as it comes.
  /// @param grpc the body is one gRPC message: its prefix says how long.
  void make_room(stream& x, std::string& body, std::string_view more, bool grpc);

  /// The regular checks and sums of a stream's next look.
  void check_streams_at(time_point when) noexcept {
    stream_due = std::min(stream_due, when);
  }

  const http_limits limits;
  const http2_limits limits2;
  /// Before what lives in it.
  session_memory memory;
  std::unique_ptr<nghttp2_session, library_deleter> library;
  stream_table streams;
  frame_queue out;
  field_block block;
  abuse_meter meter;
  keep_alive alive_watch;
  /// Of the connection's end; none for a regular one.
  error failure;
  /// Of the last call that brought the time.
  time_point now{};
  time_point started{};
  time_point stream_due = time_point::max();
  /// The peer's highest stream; a server's.
  int32_t last_begun = 0;
  /// What the peer said with its GOAWAY.
  std::string farewell;
  bool peer_going = false;
  bool draining = false;
  /// GOAWAY with the last stream was given to the library.
  bool last_goaway = false;
  bool peer_settings = false;
  bool settings_acked = false;
  bool ended = false;

protected:
  // -- hooks ----------------------------------------------------------------------

  /// A HEADERS frame begins: the first of a new stream of the peer's. Null to ignore.
  virtual stream* begin_stream(int32_t id) = 0;
  /// HEADERS for a stream that is there already.
  virtual void begin_fields(stream& x) = 0;
  virtual void take_field(stream& x, std::string_view name, std::string_view value) = 0;
  virtual void end_fields(stream& x, bool last) = 0;
  virtual void take_data(stream& x, std::string_view bytes) = 0;
  virtual void end_body(stream& x) = 0;
  /// The stream dies.
  virtual void forget(stream& x) = 0;
  /// It died, or will, before its end.
  virtual void tell_lost(int32_t id, const error& why) = 0;
  virtual void tell_written(int32_t id, size_t bytes) = 0;
  virtual void tell_writable(int32_t id) = 0;
  /// What is told once the library has returned.
  virtual void tell_rest() = 0;
  /// What a stream's early end means to its user.
  virtual errc reason_of(uint32_t code, bool by_peer) const noexcept = 0;
  /// Looks at all streams; sets `stream_due` anew.
  virtual void check_streams() = 0;
  virtual bool wants_ping() const noexcept = 0;
  /// GOAWAY came; the library ends the streams above its number.
  virtual void on_peer_going() = 0;
  /// The peer has seen what `drain` sent first.
  virtual void on_drain_step() = 0;
  virtual void on_drain_due() = 0;
  virtual time_point drain_due() const noexcept = 0;
  /// Whether a frame may come for a stream that is not there.
  virtual bool judge_stream(const frame_head& frame) = 0;
  /// We ended a stream before its peer had: what still comes for it is no fault.
  virtual void on_refused(int32_t id) = 0;

private:
  friend struct library_calls;

  struct late_event {
    int32_t id;
    /// What was written; else the stream is lost.
    bool output;
    error why;
  };

  void start();
  bool feed(std::string_view part);
  bool judge(const frame_head& frame);
  void pump();
  void tell_late();
  void tell_output(int32_t id);
  /// Writes the GOAWAY of `doom` and ends.
  void perish();
  void end();

  // Of the library, by `library_calls`.
  int on_begin_headers(const nghttp2_frame& frame);
  int on_header(const nghttp2_frame& frame, std::string_view name,
                std::string_view value);
  int on_frame(const nghttp2_frame& frame);
  int on_data(int32_t id, std::string_view bytes);
  int on_closed(int32_t id, uint32_t code);
  int on_framed(const nghttp2_frame& frame);
  void on_invalid(const nghttp2_frame& frame, int code);
  ssize_t frame_room(const stream* x, int32_t window, int32_t stream_window,
                     uint32_t most) const noexcept;
  ssize_t read_body(stream& x, size_t room, uint32_t& flags);
  int frame_body(stream& x, const uint8_t* head, size_t bytes);
  int verdict() const noexcept;

  side side_;
  frame_scanner scanner_;
  std::vector<late_event> late_;
  /// Whose fields are being read.
  stream* reading_ = nullptr;
  /// When the frame began that is being read, or the first of its field section.
  time_point frame_since_{};
  frame_type last_type_ = frame_type::data;
  /// Its field section is not complete.
  bool in_fields_ = false;
  /// Something other than DATA is not complete.
  bool half_frame_ = false;
  /// CONTINUATION frames of the field section that is being read.
  size_t continuations_ = 0;
  /// Octets of the preface that were not seen yet; a server's.
  size_t preface_left_ = 0;
  /// In the library's words, why it was about to reset a stream or the connection.
  std::string complaint_;
  uint32_t doom_code_ = 0;
  bool doomed_ = false;
  /// A head was given to the library and is not framed.
  bool submitted_ = false;
  /// The library framed a GOAWAY with an error.
  bool broken_ = false;
  /// The peer said goodbye in a way that the library does not accept.
  bool ill_parted_ = false;
};

} // namespace mica::net::http2
