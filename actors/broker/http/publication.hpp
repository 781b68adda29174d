// One event that was published, and what has become of it so far.

#pragma once

#include "broker/http/wire.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::broker::http {

/// How an event on its way is answered; null if nobody wants to know.
using publish_done = std::function<void(expected<void>)>;

/// Lives on the I/O lane once it was taken there.
class publication {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// May be called on any thread: writes the JSON that nearly every subscriber gets.
  publication(event_ptr what, publish_done done);

  const event& what() const noexcept {
    return *what_;
  }

  const std::string& body(generation to);

  /// What it counts for at limits of bytes.
  size_t bytes() const noexcept {
    return v2_body_.size();
  }

  void expect(size_t answers, time_point deadline) noexcept;

  time_point deadline() const noexcept {
    return deadline_;
  }

  /// One of those whose answer is expected has it.
  void taken();

  /// One of them has not, and will not.
  void missed(const std::string& who, const error& why);

  /// Nobody else will get it: answered with what is known, and `why` for the rest.
  void end(const error& why);

  /// Answers with the error as it is: it was offered to nobody.
  void refuse(error why);

  bool over() const noexcept {
    return over_;
  }

private:
  void finish();
  error summary() const;

  event_ptr what_;
  publish_done done_;
  std::string v2_body_;
  std::string v1_body_;
  time_point deadline_{};
  size_t expected_ = 0;
  size_t open_ = 0;
  size_t missed_ = 0;
  /// Of those that did not get it, the first few.
  std::vector<std::string> named_;
  errc reason_ = errc::none;
  bool over_ = false;
};

using publication_ptr = std::shared_ptr<publication>;

} // namespace mica::broker::http
