// What a handler knows of the call it answers.

#pragma once

#include "mica/actors/reply.hpp"
#include "mica/codecs/metadata.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace mica {

class context;

namespace detail {
const std::shared_ptr<pending_call>& call_of(context& from);
}

/// How a call ended, for those who watch it.
struct outcome {
  /// "None" on success.
  error failure;
  std::chrono::nanoseconds elapsed{0};
};

/// One call. Belongs to the handler's actor; valid until it is answered.
class context {
public:
  explicit context(std::shared_ptr<detail::pending_call> call);
  ~context();
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  /// The caller's metadata: all header fields.
  const metadata& headers() const;

  /// Fields to send along with the answer.
  metadata& reply_headers();

  /// Fields to send behind the answer; only gRPC has them.
  metadata& reply_trailers();

  /// Compresses the answer by `identity`, `gzip` or `deflate` if the caller reads that;
  /// gRPC only. What is not said is as `service_options::compression` says. False for
  /// names that mica does not know.
  ///
  /// The first message of a stream decides on the coding of all; from then on
  /// `identity` leaves single messages as they are and every other name is that coding.
  bool compress(std::string_view coding);

  /// Whether the request came compressed; gRPC only. Of a stream see
  /// `stream::compressed`.
  bool compressed() const;

  /// The service's own name, e.g. `greeter`.
  std::string_view service() const;

  /// `Greeter.Hello`.
  std::string_view endpoint() const;

  std::string_view content_type() const;

  /// `host:port` of the caller's socket.
  std::string_view peer() const;

  /// When the caller gives up; none if it did not say.
  std::optional<std::chrono::steady_clock::time_point> deadline() const;

  /// Time left, never negative; none if there is no deadline.
  std::optional<std::chrono::nanoseconds> remaining() const;

  /// True once nobody waits any more: the caller left or its deadline passed.
  bool cancelled() const;

  /// Runs `then` on the handler's actor when the call is cancelled; at once if it is.
  void on_cancel(std::function<void()> then);

  /// Runs `then` when the call has been answered: for wrappers that count or time.
  void on_done(std::function<void(const outcome&)> then);

  /// Takes the answer out of the handler's hands: return the result of this, keep a
  /// copy, answer by it.
  template <class T>
  deferred<T> defer() {
    return deferred<T>{share()};
  }

  /// Answers. What handler wrappers and generated code call; a second answer is
  /// ignored.
  void answer(const google::protobuf::Message& response);
  void fail(error failure);

  /// Answers by what a handler returned.
  template <class T>
  void answer(reply<T> result) {
    if (auto* response = result.response())
      answer(static_cast<const google::protobuf::Message&>(*response));
    else if (auto* failure = result.failure())
      fail(std::move(*failure));
  }

private:
  friend const std::shared_ptr<detail::pending_call>& detail::call_of(context& from);

  std::shared_ptr<detail::pending_call> share();

  std::shared_ptr<detail::pending_call> call_;
};

} // namespace mica
