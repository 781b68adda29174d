// A value or an error.

#pragma once

#include "mica/codecs/error.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace mica {

/// Holds a `T` or the `error` that kept it from being made.
///
/// Not std::expected, which C++20 lacks, and not caf::expected, whose header costs
/// users half a second per file.
template <class T>
class [[nodiscard]] expected {
public:
  expected(T value) : data_(std::in_place_index<0>, std::move(value)) {
    // nop
  }

  /// @pre `failure` is a failure.
  expected(mica::error failure) : data_(std::in_place_index<1>, std::move(failure)) {
    // nop
  }

  bool has_value() const noexcept {
    return data_.index() == 0;
  }

  explicit operator bool() const noexcept {
    return has_value();
  }

  /// @pre `has_value()`
  T& operator*() & {
    return *std::get_if<0>(&data_);
  }

  const T& operator*() const& {
    return *std::get_if<0>(&data_);
  }

  T&& operator*() && {
    return std::move(*std::get_if<0>(&data_));
  }

  T* operator->() {
    return std::get_if<0>(&data_);
  }

  const T* operator->() const {
    return std::get_if<0>(&data_);
  }

  /// @pre `!has_value()`
  mica::error& error() {
    return *std::get_if<1>(&data_);
  }

  const mica::error& error() const {
    return *std::get_if<1>(&data_);
  }

private:
  std::variant<T, mica::error> data_;
};

/// Success, or the error that prevented it.
template <>
class [[nodiscard]] expected<void> {
public:
  expected() = default;

  expected(mica::error failure) : error_(std::move(failure)) {
    // nop
  }

  bool has_value() const noexcept {
    return !error_;
  }

  explicit operator bool() const noexcept {
    return has_value();
  }

  mica::error& error() {
    return error_;
  }

  const mica::error& error() const {
    return error_;
  }

private:
  mica::error error_;
};

} // namespace mica
