#include "protoc/generator.hpp"

#include "protoc/model.hpp"
#include "protoc/writers.hpp"

#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>
#include <string>
#include <vector>

namespace mica::protoc {

namespace {

namespace pb = google::protobuf;

using write_function = void (*)(const file_model&, pb::io::Printer&);

void write_file(const file_model& file, const char* suffix, write_function write,
                pb::compiler::GeneratorContext& context) {
  std::unique_ptr<pb::io::ZeroCopyOutputStream> stream{
      context.Open(file.stem + suffix)};
  pb::io::Printer out{stream.get(), '$'};
  write(file, out);
}

} // namespace

bool generator::Generate(const pb::FileDescriptor* file, const std::string& parameter,
                         pb::compiler::GeneratorContext* context,
                         std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

bool generator::GenerateAll(const std::vector<const pb::FileDescriptor*>& files,
                            const std::string& parameter,
                            pb::compiler::GeneratorContext* context,
                            std::string* error) const {
  if (!parameter.empty()) {
    *error = "unknown option \"" + parameter
             + "\": protoc-gen-mica takes none; write --mica_out=DIR";
    return false;
  }
  std::vector<std::string> problems;
  std::vector<file_model> models;
  for (const auto* file : files)
    if (auto model = make_model(*file, problems))
      models.push_back(std::move(*model));
  // All or nothing, so that no build goes on with half of the files.
  if (!problems.empty()) {
    for (const auto& problem : problems)
      *error += (error->empty() ? "" : "\n") + problem;
    return false;
  }
  for (const auto& model : models) {
    write_file(model, ".mica.hpp", write_header, *context);
    write_file(model, ".mica.cpp", write_source, *context);
    write_file(model, ".mica_actor.hpp", write_actor_header, *context);
  }
  return true;
}

} // namespace mica::protoc
