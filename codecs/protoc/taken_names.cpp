#include "protoc/taken_names.hpp"

#include "protoc/names.hpp"

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <utility>

namespace mica::protoc {

namespace {

namespace pb = google::protobuf;
namespace cpp = google::protobuf::compiler::cpp;

void add_enum(const pb::EnumDescriptor& type, taken_names& out) {
  out.emplace(cpp::ClassName(&type), "enum " + type.full_name());
  // Values of nested enums are prefixed by the message; the others stand alone.
  if (type.containing_type())
    return;
  for (int i = 0; i < type.value_count(); ++i)
    out.emplace(cpp::EnumValueName(type.value(i)),
                "enum value " + type.value(i)->full_name());
}

void add_message(const pb::Descriptor& type, taken_names& out) {
  out.emplace(cpp::ClassName(&type), "message " + type.full_name());
  for (int i = 0; i < type.enum_type_count(); ++i)
    add_enum(*type.enum_type(i), out);
  for (int i = 0; i < type.nested_type_count(); ++i)
    add_message(*type.nested_type(i), out);
}

void add_file(const pb::FileDescriptor& file, taken_names& out) {
  for (int i = 0; i < file.message_type_count(); ++i)
    add_message(*file.message_type(i), out);
  for (int i = 0; i < file.enum_type_count(); ++i)
    add_enum(*file.enum_type(i), out);
  for (int i = 0; i < file.extension_count(); ++i)
    out.emplace(file.extension(i)->name(),
                "extension " + file.extension(i)->full_name());
  // protoc's own classes for services, long out of use.
  if (file.options().cc_generic_services())
    for (int i = 0; i < file.service_count(); ++i)
      out.emplace(file.service(i)->name(), "service " + file.service(i)->full_name());
}

void add_services(const pb::FileDescriptor& file, taken_names& out) {
  for (int i = 0; i < file.service_count(); ++i)
    for (auto& name : names_of_service(service_stem(file.service(i)->name())))
      out.emplace(std::move(name),
                  "service " + file.service(i)->full_name() + " of " + file.name());
}

// `package` -> the part of `other` below it, up to the next dot; else empty.
std::string namespace_below(const std::string& package, const std::string& other) {
  auto prefix = package.empty() ? package : package + ".";
  if (other.size() <= prefix.size() || other.compare(0, prefix.size(), prefix) != 0)
    return {};
  auto rest = other.substr(prefix.size());
  return rest.substr(0, rest.find('.'));
}

void visit(const pb::FileDescriptor& file, const std::string& package,
           std::set<const pb::FileDescriptor*>& seen, taken_names& out) {
  if (!seen.insert(&file).second)
    return;
  if (file.package() == package) {
    add_file(file, out);
    if (seen.size() > 1)
      add_services(file, out);
  }
  if (auto below = namespace_below(package, file.package()); !below.empty())
    out.emplace(below, "package " + file.package());
  for (int i = 0; i < file.dependency_count(); ++i)
    visit(*file.dependency(i), package, seen, out);
}

} // namespace

std::array<std::string, 5> names_of_service(const std::string& stem) {
  return {stem + "_service", stem + "_client", stem + "_methods", stem + "_actor",
          stem + "_actor_methods"};
}

taken_names names_taken_for(const pb::FileDescriptor& file) {
  taken_names result;
  std::set<const pb::FileDescriptor*> seen;
  visit(file, file.package(), seen, result);
  return result;
}

} // namespace mica::protoc
