// The part of msgpack that memberlist speaks.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mica::discovery::gossip {

/// Reads values off the front of a text. Every function returns false if there is no
/// such value; `short_input` then tells a cut value from a wrong one. Views live as
/// long as the text.
class msgpack_reader {
public:
  explicit msgpack_reader(std::string_view bytes) : bytes_(bytes) {
    // nop
  }

  /// Pairs of a map.
  bool map(uint32_t& pairs);

  /// Any of the raw, str and bin families; nil is empty.
  bool text(std::string_view& to);

  /// A whole number from 0 to 2^64-1.
  bool number(uint64_t& to);

  /// Fails on numbers above `most`.
  template <class T>
  bool number_to(T& to, uint64_t most = static_cast<T>(-1)) {
    uint64_t value = 0;
    if (!number(value) || value > most)
      return false;
    to = static_cast<T>(value);
    return true;
  }

  bool boolean(bool& to);

  /// Passes over a value of any type; nested at most 16 deep.
  bool skip();

  /// Bytes read so far.
  size_t at() const noexcept {
    return at_;
  }

  std::string_view rest() const noexcept {
    return bytes_.substr(at_);
  }

  /// True if the last failure was the end of the bytes.
  bool short_input() const noexcept {
    return missing_ > 0;
  }

  /// Bytes that the value of the last failure needs more at least; 0 if it is wrong.
  uint64_t missing() const noexcept {
    return missing_;
  }

  /// Calls `field(key)` for each pair of a map, which has to read the value and
  /// returns false if it can't.
  template <class Field>
  bool fields(Field field) {
    uint32_t pairs = 0;
    if (!map(pairs))
      return false;
    for (; pairs > 0; --pairs) {
      std::string_view key;
      if (!text(key) || !field(key))
        return false;
    }
    return true;
  }

private:
  bool byte(uint8_t& to);
  bool big_endian(size_t size, uint64_t& to);
  bool take(uint64_t size, std::string_view& to);
  bool skip(int depth);
  bool skip_many(uint64_t values, int depth);

  std::string_view bytes_;
  size_t at_ = 0;
  uint64_t missing_ = 0;
};

/// Appends values in the shortest form of msgpack's first version: texts and bytes are
/// both `raw`, which has neither str 8 nor bin.
class msgpack_writer {
public:
  explicit msgpack_writer(std::string& out) : out_(out) {
    // nop
  }

  /// @param pairs at most 15.
  msgpack_writer& map(uint8_t pairs);
  msgpack_writer& text(std::string_view x);
  msgpack_writer& number(uint64_t x);
  msgpack_writer& boolean(bool x);
  msgpack_writer& nil();

private:
  void big_endian(uint64_t x, size_t size);

  std::string& out_;
};

} // namespace mica::discovery::gossip
