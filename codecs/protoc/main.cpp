#include "protoc/generator.hpp"

#include <google/protobuf/compiler/plugin.h>

#include <iostream>
#include <string_view>

namespace {

constexpr auto help =
    R"(protoc-gen-mica makes C++ services and clients for mica. protoc runs it:

  protoc --cpp_out=DIR --mica_out=DIR greeter.proto

with protoc-gen-mica in the PATH, or named by --plugin=protoc-gen-mica=FILE. Makes
greeter.mica.hpp, greeter.mica.cpp and greeter.mica_actor.hpp beside greeter.pb.h. In
CMake: mica_generate(TARGET greeter.proto).
)";

} // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    if (std::string_view{argv[1]} == "--version") {
      std::cout << "protoc-gen-mica " MICA_VERSION "\n";
      return 0;
    }
    if (std::string_view{argv[1]} == "--help") {
      std::cout << help;
      return 0;
    }
    std::cerr << "protoc-gen-mica: unknown argument \"" << argv[1]
              << "\"; it takes its input from protoc (see --help)\n";
    return 1;
  }
  mica::protoc::generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
