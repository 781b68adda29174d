#include "protoc/names.hpp"

#include <algorithm>
#include <array>

namespace mica::protoc {

namespace {

// ASCII only: .proto names hold nothing else, and no locale may change them.
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char to_lower(char c) {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char to_upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

// Sorted, for binary search. ISO C++20 [lex.key], and NULL.
constexpr auto keywords = std::to_array<std::string_view>({
    "NULL",         "alignas",   "alignof",       "and",
    "and_eq",       "asm",       "auto",          "bitand",
    "bitor",        "bool",      "break",         "case",
    "catch",        "char",      "char16_t",      "char32_t",
    "char8_t",      "class",     "co_await",      "co_return",
    "co_yield",     "compl",     "concept",       "const",
    "const_cast",   "consteval", "constexpr",     "constinit",
    "continue",     "decltype",  "default",       "delete",
    "do",           "double",    "dynamic_cast",  "else",
    "enum",         "explicit",  "export",        "extern",
    "false",        "float",     "for",           "friend",
    "goto",         "if",        "inline",        "int",
    "long",         "mutable",   "namespace",     "new",
    "noexcept",     "not",       "not_eq",        "nullptr",
    "operator",     "or",        "or_eq",         "private",
    "protected",    "public",    "register",      "reinterpret_cast",
    "requires",     "return",    "short",         "signed",
    "sizeof",       "static",    "static_assert", "static_cast",
    "struct",       "switch",    "template",      "this",
    "thread_local", "throw",     "true",          "try",
    "typedef",      "typeid",    "typename",      "union",
    "unsigned",     "using",     "virtual",       "void",
    "volatile",     "wchar_t",   "while",         "xor",
    "xor_eq",
});

constexpr auto macros = std::to_array<std::string_view>({
    "alloca",
    "assert",
    "errno",
    "i386",
    "linux",
    "major",
    "makedev",
    "minor",
    "offsetof",
    "setjmp",
    "sigsetjmp",
    "unix",
    "va_arg",
    "va_copy",
    "va_end",
    "va_start",
});

constexpr auto base_members = std::to_array<std::string_view>({
    "call",
    "descriptor",
    "invoke",
    "open",
    "open_blocking",
    "service_name",
    "static_descriptor",
});

static_assert(std::is_sorted(keywords.begin(), keywords.end()));
static_assert(std::is_sorted(macros.begin(), macros.end()));
static_assert(std::is_sorted(base_members.begin(), base_members.end()));

} // namespace

std::string snake_case(std::string_view name) {
  std::string result;
  result.reserve(name.size() + 8);
  for (size_t i = 0; i < name.size(); ++i) {
    auto c = name[i];
    auto word_begins =
        i > 0 && is_upper(c)
        && (is_lower(name[i - 1]) || is_digit(name[i - 1])
            || (is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1])));
    if (word_begins)
      result += '_';
    if (c != '_' || result.empty() || result.back() != '_')
      result += to_lower(c);
  }
  return result;
}

std::string go_camel_case(std::string_view name) {
  std::string result;
  size_t i = 0;
  // A Go name is exported by its capital letter, and '_' is none.
  if (!name.empty() && name[0] == '_') {
    result += 'X';
    i = 1;
  }
  bool in_word = false;
  for (; i < name.size(); ++i) {
    auto c = name[i];
    if (c == '_' && i + 1 < name.size() && is_lower(name[i + 1])) {
      in_word = false;
      continue;
    }
    result += in_word ? c : to_upper(c);
    // Digits and kept underscores are words of their own.
    in_word = !is_digit(c) && c != '_';
  }
  return result;
}

std::string service_stem(std::string_view service) {
  constexpr std::string_view suffix = "_service";
  auto result = snake_case(service);
  if (result.size() > suffix.size() && result.ends_with(suffix))
    result.resize(result.size() - suffix.size());
  return result;
}

bool is_keyword(std::string_view name) {
  return std::binary_search(keywords.begin(), keywords.end(), name);
}

bool is_common_macro(std::string_view name) {
  return std::binary_search(macros.begin(), macros.end(), name);
}

bool is_base_member(std::string_view name) {
  return std::binary_search(base_members.begin(), base_members.end(), name);
}

} // namespace mica::protoc
