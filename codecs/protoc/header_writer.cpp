#include "protoc/writers.hpp"

namespace mica::protoc {

namespace {

using google::protobuf::io::Printer;

void write_handler_method(const method_model& method, Printer& out) {
  out.Print("\n");
  write_comment(method.comment, "Answers " + method.endpoint + ".", out);
  auto vars = variables_of(method);
  switch (method.kind) {
    case method_kind::unary:
      out.Print(vars, "virtual ::mica::reply<$response$>\n"
                      "$name$(::mica::context& call,\n"
                      "    const $request$& request) = 0;\n");
      return;
    case method_kind::server_stream:
      // By value: a coroutine keeps it.
      out.Print(vars, "virtual ::mica::task\n"
                      "$name$(::mica::context& call,\n"
                      "    $request$ request,\n"
                      "    ::mica::stream<$handler_stream$> peer) = 0;\n");
      return;
    default:
      out.Print(vars, "virtual ::mica::task\n"
                      "$name$(::mica::context& call,\n"
                      "    ::mica::stream<$handler_stream$> peer) = 0;\n");
  }
}

void write_handler(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  write_comment(service.comment, "The base of handlers of " + service.name + ".", out);
  out.Print(
      vars,
      "class $base$_service : public ::mica::handler {\n"
      "public:\n"
      "  static const ::mica::service_descriptor& static_descriptor() noexcept;\n"
      "\n"
      "  const ::mica::service_descriptor& descriptor() const noexcept override;\n"
      "\n"
      "  void invoke(::std::size_t method, ::mica::context& call,\n"
      "              const ::google::protobuf::Message& request) override;\n");
  if (service.has_streams())
    out.Print("\n"
              "  ::mica::task open(::std::size_t method, ::mica::context& call,\n"
              "                    ::google::protobuf::Message& request,\n"
              "                    ::mica::detail::stream_ptr peer) override;\n");
  out.Indent();
  for (const auto& method : service.methods)
    write_handler_method(method, out);
  out.Outdent();
  out.Print("};\n\n");
}

void write_unary_call(const method_model& method, Printer& out) {
  out.Print(variables_of(method),
            "///\n"
            "/// Blocks; on an actor's thread it fails at once.\n"
            "$deprecated$::mica::expected<$response$>\n"
            "$name$(const $request$& request,\n"
            "    const ::mica::call_options& options = {}) const;\n"
            "\n"
            "/// The same call, but returns at once: `then` runs where `from` says.\n"
            "$deprecated$void\n"
            "$name$(::mica::caller from,\n"
            "const $request$& request,\n    "
            "    ::std::function<void(::mica::expected<$response$>)> then,\n"
            "    const ::mica::call_options& options = {}) const;\n");
}

// What is dropped would be cancelled at once.
void write_stream_call(const method_model& method, Printer& out) {
  auto vars = variables_of(method);
  auto request = method.kind == method_kind::server_stream
                     ? "const $request$& request,\n    "
                     : "";
  out.Print("///\n"
            "/// For plain threads: reading and writing block.\n");
  out.Print(vars, "[[nodiscard]] $deprecated$::mica::blocking_stream<$client_stream$>\n"
                  "$name$(");
  out.Print(vars, request);
  out.Print(vars, "const ::mica::call_options& options = {}) const;\n"
                  "\n"
                  "/// The same call; its stream belongs where `from` says.\n"
                  "[[nodiscard]] $deprecated$::mica::stream<$client_stream$>\n"
                  "$name$(::mica::caller from,\n    ");
  out.Print(vars, request);
  out.Print("const ::mica::call_options& options = {}) const;\n");
}

void write_client(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  out.Print(vars, "/// Calls $service$. Thread-safe; cheap to make.\n"
                  "class $base$_client : public ::mica::client_stub {\n"
                  "public:\n"
                  "  /// @param via outlives this object.\n"
                  "  /// @param name the service's name in the registry.\n"
                  "  explicit $base$_client(::mica::service& via,\n"
                  "      ::std::string name = \"$registry_name$\");\n");
  out.Indent();
  for (const auto& method : service.methods) {
    out.Print("\n");
    write_comment(method.comment, "Calls " + method.endpoint + ".", out);
    if (method.kind == method_kind::unary)
      write_unary_call(method, out);
    else
      write_stream_call(method, out);
  }
  out.Outdent();
  out.Print("};\n\n");
}

} // namespace

void write_header(const file_model& file, Printer& out) {
  write_banner(file, out);
  out.Print(variables_of(file), "#pragma once\n"
                                "\n"
                                "#include \"$stem$.pb.h\"\n");
  if (file.services.empty())
    return;
  out.Print("\n"
            "#include \"mica/actors/call.hpp\"\n"
            "#include \"mica/actors/handler.hpp\"\n"
            "\n"
            "#include <cstddef>\n"
            "#include <functional>\n"
            "#include <string>\n"
            "\n");
  open_namespace(file, out);
  for (const auto& service : file.services) {
    write_handler(service, out);
    write_client(service, out);
  }
  close_namespace(file, out);
}

} // namespace mica::protoc
