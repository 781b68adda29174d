// The plugin, behind protobuf's interface for them.

#pragma once

#include <google/protobuf/compiler/code_generator.h>

namespace mica::protoc {

/// Makes x.mica.hpp, x.mica.cpp and x.mica_actor.hpp of each x.proto. Stateless.
class generator : public google::protobuf::compiler::CodeGenerator {
public:
  bool Generate(const google::protobuf::FileDescriptor* file,
                const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;

  /// Reports the problems of all files at once, one per line.
  bool GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                   const std::string& parameter,
                   google::protobuf::compiler::GeneratorContext* context,
                   std::string* error) const override;

  uint64_t GetSupportedFeatures() const override {
    return FEATURE_PROTO3_OPTIONAL;
  }
};

} // namespace mica::protoc
