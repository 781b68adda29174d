// Small messages to the server: acknowledgements and requests for events.

#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mica::broker::jetstream {

/// Takes messages from threads that must not block, for one that may. Holds at most
/// what subscriptions have unsettled. Thread-safe.
class post_box {
public:
  struct letter {
    std::string subject;
    /// Empty: none.
    std::string reply;
    std::string text;
  };

  /// @param wake there is something again; must not call back.
  explicit post_box(std::function<void()> wake) : wake_(std::move(wake)) {
    // nop
  }

  void post(letter what) {
    std::lock_guard guard{mtx_};
    if (closed_)
      return;
    letters_.push_back(std::move(what));
    if (letters_.size() == 1)
      wake_();
  }

  /// Nobody takes any more: what is posted is dropped, and `wake` is not called.
  void close() {
    std::lock_guard guard{mtx_};
    closed_ = true;
    letters_.clear();
  }

  std::vector<letter> take() {
    std::lock_guard guard{mtx_};
    return std::exchange(letters_, {});
  }

  /// Before what was posted meanwhile.
  void put_back(std::vector<letter> what) {
    std::lock_guard guard{mtx_};
    what.insert(what.end(), std::move_iterator{letters_.begin()},
                std::move_iterator{letters_.end()});
    letters_ = std::move(what);
  }

private:
  const std::function<void()> wake_;
  std::mutex mtx_;
  std::vector<letter> letters_;
  bool closed_ = false;
};

} // namespace mica::broker::jetstream
