// What a method with a stream returns: a coroutine under way, or nothing.

#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <utility>

namespace mica {

/// A coroutine that began when it was called, or none. Not thread-safe: it runs where
/// what it awaits resumes it, which for streams is their home.
///
/// A method in callback style returns `{}`. A coroutine's parameters are copied into
/// its frame unless they are references: take messages by value.
class [[nodiscard]] task {
public:
  class promise_type;

  /// No coroutine: nothing is left to do when the method has returned.
  task() noexcept = default;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {
    // nop
  }

  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }

  /// Destroys the frame of a coroutine that waits or has ended, and all that it holds.
  ~task();

  /// True until the coroutine has come to its end.
  bool running() const noexcept;

  /// There was a coroutine, and it has come to its end.
  bool ended() const noexcept;

  /// What left the coroutine at its end; null if nothing did.
  std::exception_ptr failure() const noexcept;

  /// Calls `then(about)` once when the coroutine comes to its end, from within its last
  /// step; this object may be destroyed there. @pre `running()`
  void when_done(void (*then)(void*), void* about) noexcept;

  /// Lets the coroutine go on by itself; its frame goes when it ends. `done` gets what
  /// left it, or null; without `done` an exception is dropped with the frame, and the
  /// streams that it held are cancelled.
  void detach(std::function<void(std::exception_ptr)> done = {}) &&;

private:
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {
    // nop
  }

  std::coroutine_handle<promise_type> frame_;
};

/// What the compiler needs of a coroutine that returns `task`.
class task::promise_type {
public:
  struct at_end {
    bool await_ready() const noexcept {
      return false;
    }

    void await_suspend(std::coroutine_handle<promise_type> frame) const noexcept {
      auto& self = frame.promise();
      if (self.then_)
        self.then_(self.about_);
    }

    void await_resume() const noexcept {
      // nop
    }
  };

  task get_return_object() noexcept {
    return task{std::coroutine_handle<promise_type>::from_promise(*this)};
  }

  std::suspend_never initial_suspend() const noexcept {
    return {};
  }

  at_end final_suspend() const noexcept {
    return {};
  }

  void return_void() const noexcept {
    // nop
  }

  void unhandled_exception() noexcept {
    failure_ = std::current_exception();
  }

private:
  friend class task;

  void (*then_)(void*) = nullptr;
  void* about_ = nullptr;
  std::exception_ptr failure_;
};

} // namespace mica
