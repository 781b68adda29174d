#include "reflection/reflection_index.hpp"

#include "reflection/symbols.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <vector>

namespace mica::detail {

namespace {

namespace pb = google::protobuf;
namespace v1 = grpc::reflection::v1;

// gRPC status codes (statuscodes.md).
constexpr int invalid_argument = 3;
constexpr int not_found = 5;

void fail(v1::ServerReflectionResponse& out, int code, std::string text) {
  auto* error = out.mutable_error_response();
  error->set_error_code(code);
  error->set_error_message(std::move(text));
}

std::vector<const pb::FieldDescriptor*> extensions_of(const pb::Descriptor& type) {
  std::vector<const pb::FieldDescriptor*> result;
  type.file()->pool()->FindAllExtensions(&type, &result);
  return result;
}

} // namespace

void reflection_index::add(const service_descriptor& service) {
  auto name = std::string{service.package};
  if (!name.empty())
    name += '.';
  name += service.name;
  if (const auto* known = pb::DescriptorPool::generated_pool()->FindServiceByName(name))
    add_file(*known->file());
  // The prototypes are there even if nobody linked the service's file.
  for (const auto& method : service.methods) {
    add_file(*method.request->GetDescriptor()->file());
    add_file(*method.response->GetDescriptor()->file());
  }
  services_.insert(std::move(name));
}

void reflection_index::add(const pb::ServiceDescriptor& service) {
  add_file(*service.file());
  services_.insert(service.full_name());
}

void reflection_index::add_file(const file& which) {
  if (!files_.emplace(which.name(), &which).second)
    return;
  for (int i = 0; i < which.dependency_count(); ++i)
    add_file(*which.dependency(i));
  for (int i = 0; i < which.message_type_count(); ++i)
    add_extensions_of(*which.message_type(i));
}

void reflection_index::add_extensions_of(const message& type) {
  for (int i = 0; i < type.nested_type_count(); ++i)
    add_extensions_of(*type.nested_type(i));
  if (type.extension_range_count() == 0)
    return;
  for (const auto* extension : extensions_of(type))
    add_file(*extension->file());
}

const pb::FileDescriptor* reflection_index::file_of(std::string_view symbol) const {
  for (const auto& [name, candidate] : files_)
    if (declares(*candidate, symbol))
      return candidate;
  return nullptr;
}

const pb::Descriptor* reflection_index::type_of(std::string_view name) const {
  for (const auto& [path, candidate] : files_)
    if (const auto* type = find_message(*candidate, name))
      return type;
  return nullptr;
}

reflection_index::response reflection_index::answer(const request& asked,
                                                    sent_files& sent) const {
  response out;
  out.set_valid_host(asked.host());
  *out.mutable_original_request() = asked;
  switch (asked.message_request_case()) {
    case request::kFileByFilename: {
      const auto& name = asked.file_by_filename();
      auto i = files_.find(name);
      send(i == files_.end() ? nullptr : i->second, "file " + name, sent, out);
      break;
    }
    case request::kFileContainingSymbol: {
      const auto& symbol = asked.file_containing_symbol();
      send(file_of(symbol), "symbol " + symbol, sent, out);
      break;
    }
    case request::kFileContainingExtension:
      answer_extension(asked, sent, out);
      break;
    case request::kAllExtensionNumbersOfType:
      answer_numbers(asked.all_extension_numbers_of_type(), out);
      break;
    case request::kListServices:
      list(out);
      break;
    case request::MESSAGE_REQUEST_NOT_SET:
      fail(out, invalid_argument,
           "reflection: the request asks for nothing that this server knows; set one "
           "field of message_request");
  }
  return out;
}

void reflection_index::list(response& out) const {
  auto* list = out.mutable_list_services_response();
  for (const auto& name : services_)
    list->add_service()->set_name(name);
}

// As grpc-go: the file itself in any case, what it imports once for each stream.
void reflection_index::send(const file* which, const std::string& what,
                            sent_files& sent, response& out) const {
  if (!which)
    return fail(out, not_found, "reflection: no " + what + " in this service");
  auto* files = out.mutable_file_descriptor_response();
  std::vector<const file*> queue{which};
  sent.insert(which->name());
  for (size_t i = 0; i < queue.size(); ++i) {
    pb::FileDescriptorProto proto;
    queue[i]->CopyTo(&proto);
    // grpcurl reads and writes JSON by these names; protobuf leaves them out.
    queue[i]->CopyJsonNameTo(&proto);
    proto.SerializeToString(files->add_file_descriptor_proto());
    for (int j = 0; j < queue[i]->dependency_count(); ++j)
      if (const auto* next = queue[i]->dependency(j); sent.insert(next->name()).second)
        queue.push_back(next);
  }
}

void reflection_index::answer_extension(const request& asked, sent_files& sent,
                                        response& out) const {
  const auto& which = asked.file_containing_extension();
  const auto* type = type_of(which.containing_type());
  const pb::FieldDescriptor* extension = nullptr;
  if (type)
    for (const auto* candidate : extensions_of(*type))
      if (candidate->number() == which.extension_number())
        extension = candidate;
  send(extension ? extension->file() : nullptr,
       "extension " + std::to_string(which.extension_number()) + " of "
           + which.containing_type(),
       sent, out);
}

void reflection_index::answer_numbers(const std::string& name, response& out) const {
  const auto* type = type_of(name);
  if (!type)
    return fail(out, not_found, "reflection: no message " + name + " in this service");
  std::vector<int> numbers;
  for (const auto* extension : extensions_of(*type))
    numbers.push_back(extension->number());
  std::sort(numbers.begin(), numbers.end());
  auto* result = out.mutable_all_extension_numbers_response();
  result->set_base_type_name(name);
  result->mutable_extension_number()->Add(numbers.begin(), numbers.end());
}

} // namespace mica::detail
