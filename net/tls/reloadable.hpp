// What is made from files, and made anew when they change.

#pragma once

#include "tls/files.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace mica::net::tls {

/// The state in use. Thread-safe.
template <class State>
class reloadable {
public:
  using maker = std::function<expected<std::shared_ptr<State>>()>;

  reloadable(std::vector<std::string> files, maker make)
    // Before the first reading: a change during it is seen later.
    : stamps_(std::move(files)),
      make_(std::move(make)) {
    // nop
  }

  /// Reads the files for the first time.
  expected<void> load() {
    std::lock_guard guard{mtx_};
    auto made = make_();
    if (!made)
      return std::move(made.error());
    state_ = std::move(*made);
    return {};
  }

  /// See `server_context::reload`.
  expected<bool> reload() {
    std::lock_guard guard{mtx_};
    if (!stamps_.changed())
      return false;
    auto made = make_();
    if (!made)
      return std::move(made.error());
    state_ = std::move(*made);
    return true;
  }

  /// Never null behind a successful `load`.
  std::shared_ptr<State> get() const {
    std::lock_guard guard{mtx_};
    return state_;
  }

private:
  mutable std::mutex mtx_;
  file_stamps stamps_;
  maker make_;
  std::shared_ptr<State> state_;
};

} // namespace mica::net::tls
