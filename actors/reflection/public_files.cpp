#include "reflection/public_files.hpp"

#include <google/protobuf/descriptor.pb.h>

namespace mica::detail {

namespace {

namespace pb = google::protobuf;

// Moves names like `.mica.grpc.health.v1.X` from one package to another.
class renaming {
public:
  renaming(const std::string& from, const std::string& to)
    : from_("." + from + "."),
      to_("." + to + ".") {
    // nop
  }

  void apply(std::string* name) const {
    if (name->compare(0, from_.size(), from_) == 0)
      name->replace(0, from_.size(), to_);
  }

  void apply(pb::DescriptorProto* message) const {
    for (auto& field : *message->mutable_field())
      if (field.has_type_name())
        apply(field.mutable_type_name());
    for (auto& nested : *message->mutable_nested_type())
      apply(&nested);
  }

private:
  std::string from_;
  std::string to_;
};

} // namespace

const pb::FileDescriptor* add_public_file(const pb::FileDescriptor& own,
                                          const public_name& name,
                                          pb::DescriptorPool& pool) {
  pb::FileDescriptorProto file;
  own.CopyTo(&file);
  file.set_name(name.file);
  file.set_package(name.package);
  renaming rename{own.package(), name.package};
  for (auto& message : *file.mutable_message_type())
    rename.apply(&message);
  for (auto& service : *file.mutable_service())
    for (auto& method : *service.mutable_method()) {
      rename.apply(method.mutable_input_type());
      rename.apply(method.mutable_output_type());
    }
  return pool.BuildFile(file);
}

} // namespace mica::detail
