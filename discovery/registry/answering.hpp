// Promises of a registry actor, kept by whatever is still under way.

#pragma once

#include "mica/net/caf_error.hpp"

#include <caf/atom.hpp>
#include <caf/typed_response_promise.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace mica::discovery {

/// A promise that is kept even if the actor ends before the answer.
template <class T>
class pending_reply {
public:
  explicit pending_reply(caf::typed_response_promise<T> promise)
    : promise_(std::move(promise)) {
    // nop
  }

  ~pending_reply() {
    deliver(mica::error{errc::unavailable, "the registry has ended"});
  }

  pending_reply(const pending_reply&) = delete;
  pending_reply& operator=(const pending_reply&) = delete;

  void deliver(T value) {
    if (promise_.pending())
      promise_.deliver(std::move(value));
  }

  void deliver(mica::error failure) {
    if (promise_.pending())
      promise_.deliver(to_caf(std::move(failure)));
  }

private:
  caf::typed_response_promise<T> promise_;
};

/// A promise and the handler that keeps it, `void` becoming `ok`.
template <class T, class Reply = T>
struct answering {
  template <class Self>
  explicit answering(Self* self)
    : promise(self->template make_response_promise<Reply>()) {
    handler =
        [held = std::make_shared<pending_reply<Reply>>(promise)](expected<T> outcome) {
          if (!outcome) {
            held->deliver(std::move(outcome.error()));
          } else if constexpr (std::is_void_v<T>) {
            held->deliver(caf::ok_atom::value);
          } else {
            held->deliver(std::move(*outcome));
          }
        };
  }

  caf::typed_response_promise<Reply> promise;
  std::function<void(expected<T>)> handler;
};

} // namespace mica::discovery
