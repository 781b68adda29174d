// The generator on files that are strings.

#pragma once

#include "protoc/generator.hpp"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mica::test {

using file_map = std::map<std::string, std::string>;

class memory_tree : public google::protobuf::compiler::SourceTree {
public:
  explicit memory_tree(const file_map& files) : files_(files) {
    // nop
  }

  google::protobuf::io::ZeroCopyInputStream* Open(const std::string& name) override {
    auto i = files_.find(name);
    if (i == files_.end())
      return nullptr;
    return new google::protobuf::io::ArrayInputStream(
        i->second.data(), static_cast<int>(i->second.size()));
  }

private:
  const file_map& files_;
};

class memory_output : public google::protobuf::compiler::GeneratorContext {
public:
  google::protobuf::io::ZeroCopyOutputStream* Open(const std::string& name) override {
    return new google::protobuf::io::StringOutputStream(&files[name]);
  }

  file_map files;
};

/// What a run of protoc with the plugin comes to.
struct generated {
  /// Of protoc's parser: such a test is wrong itself.
  std::string syntax_errors;
  std::string error;
  file_map files;
};

class syntax_errors : public google::protobuf::compiler::MultiFileErrorCollector {
public:
  void AddError(const std::string& file, int line, int column,
                const std::string& text) override {
    all += file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": "
           + text + "\n";
  }

  std::string all;
};

/// Generates for all of `files`, in order of their names.
inline generated generate(const file_map& files, const std::string& option = {}) {
  generated result;
  memory_tree tree{files};
  syntax_errors errors;
  google::protobuf::compiler::Importer importer{&tree, &errors};
  std::vector<const google::protobuf::FileDescriptor*> parsed;
  for (const auto& [name, text] : files)
    if (const auto* file = importer.Import(name))
      parsed.push_back(file);
  result.syntax_errors = errors.all;
  if (parsed.size() != files.size())
    return result;
  memory_output output;
  auto ok = protoc::generator{}.GenerateAll(parsed, option, &output, &result.error);
  if (ok != result.error.empty())
    result.error = "success and an error at once: " + result.error;
  result.files = std::move(output.files);
  return result;
}

/// The error for one proto3 file `x.proto`; `body` begins in its third line.
inline std::string error_of(const std::string& body,
                            const std::string& package = "package p;") {
  auto result =
      generate({{"x.proto", "syntax = \"proto3\";\n" + package + "\n" + body}});
  return result.syntax_errors + result.error;
}

} // namespace mica::test
