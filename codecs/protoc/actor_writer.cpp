#include "protoc/writers.hpp"

namespace mica::protoc {

namespace {

using google::protobuf::io::Printer;

void write_tags(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  out.Print(vars, "/// One type per method of $service$; its `call` is the message\n"
                  "/// that a `$base$_actor` takes.\n"
                  "struct $base$_methods {\n");
  for (const auto& method : service.methods)
    out.Print(variables_of(method),
              "  struct $name$ {\n"
              "    using call = ::mica::typed_call<$name$, $request$>;\n"
              "  };\n");
  out.Print("};\n\n");
}

void write_interface(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  // CAF has no interface without messages.
  if (service.methods.empty())
    return;
  out.Print(vars, "/// $service$ as an actor interface.\n"
                  "using $base$_actor = ::caf::typed_actor<\n");
  const char* end = ",\n";
  for (const auto& method : service.methods) {
    if (&method == &service.methods.back())
      end = ">;\n\n";
    auto method_vars = variables_of(method);
    method_vars["base"] = service.base;
    method_vars["end"] = end;
    out.Print(method_vars, "  ::caf::replies_to<$base$_methods::$name$::call>\n"
                           "    ::with<$response$>$end$");
  }
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
