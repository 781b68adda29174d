// What a handler returns.

#pragma once

#include "mica/codecs/error.hpp"

#include <google/protobuf/message.h>

#include <memory>
#include <utility>
#include <variant>

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
  reply(T response) : data_(std::in_place_index<0>, std::move(response)) {
    // nop
  }

  reply(error failure) : data_(std::in_place_index<1>, std::move(failure)) {
    // nop
  }

  reply(deferred<T>) : data_(std::in_place_index<2>) {
    // nop
  }

  /// The response, or null.
  const T* response() const {
    return std::get_if<0>(&data_);
  }

  /// The error, or null.
  error* failure() {
    return std::get_if<1>(&data_);
  }

private:
  std::variant<T, error, std::monostate> data_;
};

} // namespace mica
