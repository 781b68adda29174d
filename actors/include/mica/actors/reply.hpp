// What a handler returns.

#pragma once

#include "mica/codecs/error.hpp"

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <utility>

namespace mica {

namespace detail {

class pending_call;

/// Answers from any thread; the first answer wins.
void answer(pending_call& call, const google::protobuf::Message& response);
void answer(pending_call& call, error failure);

} // namespace detail

/// The way to answer later, from any thread. Copies share one call; the first
/// answer wins. When the last copy goes without an answer, the caller gets 500.
template <class T>
class deferred {
public:
  explicit deferred(std::shared_ptr<detail::pending_call> call)
    : call_(std::move(call)) {
    // nop
  }

  void operator()(const T& response) const {
    detail::answer(*call_, response);
  }

  void operator()(error failure) const {
    detail::answer(*call_, std::move(failure));
  }

private:
  std::shared_ptr<detail::pending_call> call_;
};

/// A response, an error, or the promise of one of them (`context::defer`).
template <class T>
class [[nodiscard]] reply {
public:
  reply(T response) : response_(std::move(response)) {
    // nop
  }

  reply(error failure) : failure_(std::move(failure)) {
    // nop
  }

  reply(deferred<T>) {
    // nop
  }

  /// The response, or null.
  const T* response() const {
    return response_ ? &*response_ : nullptr;
  }

  /// The error, or null.
  error* failure() {
    return failure_ ? &*failure_ : nullptr;
  }

private:
  // Both empty: deferred. A variant of the three costs a service of two hundred types
  // ten seconds more to compile.
  std::optional<T> response_;
  std::optional<error> failure_;
};

} // namespace mica
