// What of a registry's answer could not be used.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mica::discovery {

/// What was ignored while reading, in a bounded form: the first few with their
/// reasons, the others counted.
class ignored_input {
public:
  /// Reasons kept; a hostile peer decides how many there are.
  static constexpr size_t kept = 3;

  /// @param what a sentence; cut to 200 bytes.
  void add(std::string what);

  void add(const ignored_input& other);

  size_t count() const noexcept {
    return count_;
  }

  bool empty() const noexcept {
    return count_ == 0;
  }

  /// E.g. `"tag e-zz: broken hex; and 4 more"`; empty if nothing was ignored.
  std::string text() const;

private:
  size_t count_ = 0;
  std::vector<std::string> first_;
};

/// Cuts `text` to `limit` bytes, without leaving half a UTF-8 sequence, and says so.
void shorten(std::string& text, size_t limit);

} // namespace mica::discovery
