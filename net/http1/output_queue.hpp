// Bytes that wait to be written.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::http1 {

/// Holds what is to be written in pieces for writev: heads are appended to a buffer
/// that is used again and again, large bodies are moved in and never copied.
class output_queue {
public:
  /// A body below this many bytes is copied behind its head: a piece less to write,
  /// and pipelined answers share a buffer. Over loopback, writev of one piece and of
  /// two cost the same up to 8 KiB.
  static constexpr size_t copied_bytes = 1024;

  /// Returns the string at the end of the queue, to append to; valid until the next
  /// call of anything else.
  std::string& buffer();

  /// Appends a body.
  void push(std::string&& body);

  /// Points `parts` at the first bytes; returns how many pieces it used.
  size_t pieces(std::span<std::string_view> parts) const;

  /// Drops the first `bytes` bytes. @pre `bytes <= size()`
  void consume(size_t bytes);

  void clear();

  size_t size() const noexcept;

  bool empty() const noexcept {
    return size() == 0;
  }

private:
  struct piece {
    std::string text;
    /// Was moved in: nothing is appended to it.
    bool sealed = false;
  };

  std::vector<piece> pieces_;
  /// Of the next buffer: its memory is kept while the queue is empty.
  std::string spare_;
  size_t first_ = 0;
  /// Bytes of the first piece that were written.
  size_t offset_ = 0;
};

} // namespace mica::net::http1
