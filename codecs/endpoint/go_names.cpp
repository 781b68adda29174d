#include "endpoint/go_names.hpp"

#include <google/protobuf/descriptor.h>

namespace mica {

namespace {

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

char to_upper(char c) noexcept {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

// Without the package: `Outer.Inner`.
template <class Type>
std::string_view local_name(const Type& type) {
  std::string_view name = type.full_name();
  if (const auto& package = type.file()->package(); !package.empty())
    name.remove_prefix(package.size() + 1);
  return name;
}

} // namespace

std::string go_camel_case(std::string_view name) {
  std::string result;
  for (size_t i = 0; i < name.size(); ++i) {
    auto c = name[i];
    auto before_lower = i + 1 < name.size() && is_lower(name[i + 1]);
    if (c == '.') {
      if (!before_lower)
        result += '_';
    } else if (c == '_' && (i == 0 || name[i - 1] == '.')) {
      // A Go name that is visible outside begins with a capital.
      result += 'X';
    } else if (c == '_' && before_lower) {
      // The next character takes its place, as a capital.
    } else if (is_digit(c)) {
      result += c;
    } else {
      // A word: a capital, then all lower case letters that follow.
      result += to_upper(c);
      while (i + 1 < name.size() && is_lower(name[i + 1]))
        result += name[++i];
    }
  }
  return result;
}

std::string go_type_name(const google::protobuf::Descriptor& type) {
  return go_camel_case(local_name(type));
}

std::string go_type_name(const google::protobuf::EnumDescriptor& type) {
  return go_camel_case(local_name(type));
}

} // namespace mica
