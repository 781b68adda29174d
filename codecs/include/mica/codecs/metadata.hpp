// Header fields and call metadata.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mica {

/// An ordered list of name-value pairs: HTTP fields, Micro headers, the metadata
/// of a call. Names compare without regard to case (RFC 9110, 5.1).
///
/// One buffer holds all text, so that a request with thirteen fields costs two
/// allocations and moves from actor to actor for nothing. Views returned by an
/// object live until it is changed or destroyed.
class metadata {
public:
  struct entry {
    std::string_view name;
    std::string_view value;
  };

  class iterator {
  public:
    using value_type = entry;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    iterator(const metadata* owner, size_t index) : owner_(owner), index_(index) {
      // nop
    }
    entry operator*() const {
      return owner_->at(index_);
    }
    iterator& operator++() {
      ++index_;
      return *this;
    }
    iterator operator++(int) {
      auto old = *this;
      ++index_;
      return old;
    }
    bool operator==(const iterator&) const = default;

  private:
    const metadata* owner_ = nullptr;
    size_t index_ = 0;
  };

  metadata() = default;
  metadata(std::initializer_list<entry> entries);

  /// Appends a field; fields of the same name stay. Name and value are kept as
  /// given; they may be views of this object. Text above 4 GiB in all is not
  /// supported.
  void add(std::string_view name, std::string_view value);

  /// Replaces every field of this name by one, at the place of the first. The
  /// value may be a view of this object.
  void set(std::string_view name, std::string_view value);

  /// Removes every field of this name; returns how many there were.
  size_t erase(std::string_view name);

  /// Returns the first value (Go reads only the first of a repeated header).
  std::optional<std::string_view> get(std::string_view name) const noexcept;

  /// Returns the first value, or `fallback`.
  std::string_view get_or(std::string_view name,
                          std::string_view fallback) const noexcept;

  bool contains(std::string_view name) const noexcept {
    return get(name).has_value();
  }

  size_t size() const noexcept {
    return slots_.size();
  }

  bool empty() const noexcept {
    return slots_.empty();
  }

  /// @pre `index < size()`
  entry at(size_t index) const noexcept {
    const auto& x = slots_[index];
    auto* name = text_.data() + x.offset;
    return {{name, x.name_size}, {name + x.name_size, x.value_size}};
  }

  iterator begin() const {
    return {this, 0};
  }

  iterator end() const {
    return {this, size()};
  }

  void clear() noexcept;

  /// Room for `fields` fields and `bytes` bytes of text.
  void reserve(size_t fields, size_t bytes);

  /// Same fields in the same order, names without regard to case.
  friend bool operator==(const metadata& x, const metadata& y);

private:
  struct slot {
    uint32_t offset;
    uint32_t name_size;
    uint32_t value_size;
  };

  slot append(std::string_view name, std::string_view value);

  void compact();

  std::string text_;
  std::vector<slot> slots_;
};

/// Compares header names: ASCII case does not matter.
bool equal_names(std::string_view x, std::string_view y) noexcept;

/// Tells whether `text` can be a field's name (RFC 9110, 5.6.2: a token).
bool is_token(std::string_view text) noexcept;

/// Returns the name as Go's net/http writes it (textproto.CanonicalMIMEHeaderKey):
/// upper case at the start and after `-`, else lower case: `micro-ID` ->
/// `Micro-Id`, `foo_bar` -> `Foo_bar`. Names with illegal characters stay as is.
std::string canonical_name(std::string_view name);

} // namespace mica
