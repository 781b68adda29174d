#include "protoc/writers.hpp"

namespace mica::protoc {

namespace {

using google::protobuf::io::Printer;

void write_tags(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  vars["which"] = service.has_streams() ? " without a stream" : "";
  out.Print(vars, "/// One type per method of $service$$which$; its `call` is the\n"
                  "/// message that a `$base$_actor` takes.\n"
                  "struct $base$_methods {\n");
  for (const auto& method : service.methods)
    if (method.kind == method_kind::unary)
      out.Print(variables_of(method),
                "  struct $name$ {\n"
                "    using call = ::mica::typed_call<$name$, $request$>;\n"
                "  };\n");
  out.Print("};\n\n");
}

void write_interface(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  // CAF has no interface without messages.
  if (!service.has_unary())
    return;
  out.Print(vars, "/// $service$ as an actor interface.\n"
                  "using $base$_actor = ::caf::typed_actor<\n");
  const char* separator = "";
  for (const auto& method : service.methods) {
    // A stream is many messages with an end: no request of CAF's.
    if (method.kind != method_kind::unary)
      continue;
    auto method_vars = variables_of(method);
    method_vars["base"] = service.base;
    method_vars["separator"] = separator;
    out.Print(method_vars,
              "$separator$  ::caf::replies_to<$base$_methods::$name$::call>\n"
              "    ::with<$response$>");
    separator = ",\n";
  }
  out.Print(">;\n\n");
}

void write_table(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  out.Print(vars, "/// What it takes to serve these messages by a handler's object.\n"
                  "inline const ::mica::typed_method_table& $base$_actor_methods() {\n"
                  "  static const ::mica::typed_method_table result{\n"
                  "    $base$_service::static_descriptor(), {\n");
  for (const auto& method : service.methods) {
    auto method_vars = variables_of(method);
    method_vars["base"] = service.base;
    if (method.kind != method_kind::unary)
      out.Print("      ::mica::typed_method{},\n");
    else
      out.Print(method_vars, "      ::mica::make_typed_method<\n"
                             "        $base$_methods::$name$::call,\n"
                             "        $response$>(),\n");
  }
  out.Print("    }};\n"
            "  return result;\n"
            "}\n"
            "\n");
}

} // namespace

void write_actor_header(const file_model& file, Printer& out) {
  write_banner(file, out);
  out.Print(variables_of(file), "#pragma once\n"
                                "\n"
                                "#include \"$stem$.mica.hpp\"\n");
  if (file.services.empty())
    return;
  out.Print("\n"
            "#include \"mica/actors/typed_call.hpp\"\n"
            "\n"
            "#include <caf/replies_to.hpp>\n"
            "#include <caf/typed_actor.hpp>\n"
            "\n");
  open_namespace(file, out);
  for (const auto& service : file.services) {
    write_tags(service, out);
    write_interface(service, out);
    write_table(service, out);
  }
  close_namespace(file, out);
}

} // namespace mica::protoc
