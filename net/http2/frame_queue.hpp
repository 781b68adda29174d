// Frames that wait to be written.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::http2 {

/// Holds whole frames in pieces for writev: frame heads and small payloads are copied
/// behind each other, large payloads are referred to where they lie.
class frame_queue {
public:
  /// A payload below this many bytes is copied behind its frame head: over loopback,
  /// writev of one piece and of two cost the same up to 8 KiB.
  static constexpr size_t copied_bytes = 1024;

  /// Appends a copy.
  void append(std::string_view bytes);

  /// Appends what stays where it is until its owner is given to `keep`.
  void refer(std::string_view bytes);

  /// Takes the owner of what was referred to; it is freed once everything before has
  /// been consumed. @pre its text lies on the heap, so that moving leaves it in place
  void keep(std::string&& owner);

  /// Points `parts` at the first bytes; returns how many pieces it used.
  size_t pieces(std::span<std::string_view> parts) const;

  /// Drops the first `bytes` bytes. @pre `bytes <= size()`
  void consume(size_t bytes);

  void clear();

  size_t size() const noexcept {
    return size_;
  }

  bool empty() const noexcept {
    return size_ == 0;
  }

private:
  struct piece {
    /// The copied bytes, or the owner that is kept.
    std::string text;
    /// Null: the piece is `text`, and may be appended to.
    const char* data = nullptr;
    size_t size = 0;

    std::string_view view() const noexcept {
      return data == nullptr ? std::string_view{text} : std::string_view{data, size};
    }
  };

  std::vector<piece> pieces_;
  /// Of the next piece: its memory is kept while the queue is empty.
  std::string spare_;
  size_t first_ = 0;
  /// Bytes of the first piece that were written.
  size_t offset_ = 0;
  size_t size_ = 0;
};

} // namespace mica::net::http2
