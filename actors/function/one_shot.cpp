#include "function/one_shot.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace mica::detail {

one_shot::one_shot() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
}

one_shot::~one_shot() {
  ::close(fd_);
}

bool one_shot::take() {
  if (taken_.exchange(true))
    return false;
  wake();
  return true;
}

error one_shot::refusal(const std::string& name) {
  // Of the server, not of a handler: nothing has run, so that callers may go elsewhere.
  return {errc::unavailable,
          "the function " + name + " has been used: it serves one call or event",
          "mica.server"};
}

void one_shot::finish(const error& outcome) {
  {
    std::lock_guard guard{mtx_};
    if (outcome_)
      return;
    outcome_ = outcome;
  }
  wake();
}

void one_shot::wake() noexcept {
  uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(fd_, &one, sizeof(one));
}

void one_shot::clear() noexcept {
  uint64_t count = 0;
  [[maybe_unused]] auto got = ::read(fd_, &count, sizeof(count));
}

std::optional<error> one_shot::outcome() const {
  std::lock_guard guard{mtx_};
  return outcome_;
}

} // namespace mica::detail
