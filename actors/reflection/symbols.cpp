#include "reflection/symbols.hpp"

#include <string>
#include <tuple>
#include <utility>

namespace mica::detail {

namespace {

namespace pb = google::protobuf;

// The part before the first dot, and the rest; both may be empty.
std::pair<std::string, std::string_view> split(std::string_view name) {
  auto end = name.find('.');
  if (end == name.npos)
    return {std::string{name}, {}};
  return {std::string{name.substr(0, end)}, name.substr(end + 1)};
}

// What stands behind the file's package; empty if `full_name` is not within it.
std::string_view within(const pb::FileDescriptor& file, std::string_view full_name) {
  // An empty component is no name, and would be lost by `split`.
  if (full_name.empty() || full_name.back() == '.')
    return {};
  const auto& package = file.package();
  if (package.empty())
    return full_name;
  if (full_name.size() <= package.size() + 1 || full_name[package.size()] != '.'
      || full_name.substr(0, package.size()) != package)
    return {};
  return full_name.substr(package.size() + 1);
}

bool declares(const pb::Descriptor& message, std::string_view name) {
  auto [first, rest] = split(name);
  // Values of an enum stand beside it and not within.
  if (rest.empty())
    return message.FindFieldByName(first) || message.FindExtensionByName(first)
           || message.FindOneofByName(first) || message.FindNestedTypeByName(first)
           || message.FindEnumTypeByName(first) || message.FindEnumValueByName(first);
  const auto* nested = message.FindNestedTypeByName(first);
  return nested && declares(*nested, rest);
}

} // namespace

const pb::Descriptor* find_message(const pb::FileDescriptor& in,
                                   std::string_view full_name) {
  auto name = within(in, full_name);
  if (name.empty())
    return nullptr;
  auto [first, rest] = split(name);
  const auto* result = in.FindMessageTypeByName(first);
  while (result && !rest.empty()) {
    std::tie(first, rest) = split(rest);
    result = result->FindNestedTypeByName(first);
  }
  return result;
}

bool declares(const pb::FileDescriptor& in, std::string_view full_name) {
  auto name = within(in, full_name);
  if (name.empty())
    return false;
  auto [first, rest] = split(name);
  if (rest.empty())
    return in.FindMessageTypeByName(first) || in.FindEnumTypeByName(first)
           || in.FindEnumValueByName(first) || in.FindExtensionByName(first)
           || in.FindServiceByName(first);
  if (const auto* service = in.FindServiceByName(first))
    return service->FindMethodByName(std::string{rest}) != nullptr;
  const auto* message = in.FindMessageTypeByName(first);
  return message && declares(*message, rest);
}

} // namespace mica::detail
