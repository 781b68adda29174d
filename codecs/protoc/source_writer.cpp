#include "protoc/writers.hpp"

namespace mica::protoc {

namespace {

using google::protobuf::io::Printer;

void write_descriptor(const file_model& file, const service_model& service,
                      Printer& out) {
  auto vars = variables_of(service);
  vars["package"] = file.package;
  out.Print(vars, "const ::mica::service_descriptor&\n"
                  "$base$_service::static_descriptor() noexcept {\n");
  if (!service.methods.empty())
    out.Print("  static const ::mica::method_descriptor table[] = {\n");
  for (const auto& method : service.methods) {
    auto method_vars = variables_of(method);
    method_vars["package"] = file.package;
    out.Print(method_vars, "    {\"$rpc$\", \"$endpoint$\",\n"
                           "      &$request$::default_instance(),\n"
                           "      &$response$::default_instance(),\n"
                           "      ::mica::idempotency::$level$,\n"
                           "      ::mica::method_kind::$kind$, \"$package$\"},\n");
  }
  if (!service.methods.empty())
    out.Print("  };\n");
  vars["table"] = service.methods.empty() ? "{}" : "table";
  out.Print(vars, "  static const ::mica::service_descriptor result{\n"
                  "    \"$service$\", \"$package$\", $table$};\n"
                  "  return result;\n"
                  "}\n"
                  "\n"
                  "const ::mica::service_descriptor&\n"
                  "$base$_service::descriptor() const noexcept {\n"
                  "  return static_descriptor();\n"
                  "}\n"
                  "\n");
}

// Members are called through `this`: a parameter of the same name would hide them.
void write_invoke(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  if (service.methods.empty()) {
    out.Print(vars,
              "void $base$_service::invoke(::std::size_t, ::mica::context& call,\n"
              "    const ::google::protobuf::Message&) {\n"
              "  call.fail({::mica::errc::endpoint_not_found,\n"
              "      \"$service$ has no methods\"});\n"
              "}\n"
              "\n");
    return;
  }
  vars["request"] = service.has_unary() ? " request" : "";
  out.Print(vars,
            "void $base$_service::invoke(::std::size_t method, ::mica::context& call,\n"
            "    const ::google::protobuf::Message&$request$) {\n"
            "  switch (method) {\n");
  size_t index = 0;
  for (const auto& method : service.methods) {
    auto method_vars = variables_of(method);
    method_vars["index"] = std::to_string(index++);
    if (method.kind != method_kind::unary) {
      out.Print(method_vars, "    case $index$:\n"
                             "      call.fail({::mica::errc::unimplemented,\n"
                             "          \"$endpoint$ is called by a stream\"});\n"
                             "      return;\n");
      continue;
    }
    out.Print(method_vars, "    case $index$:\n"
                           "      call.answer(this->$name$(call,\n"
                           "          static_cast<const $request$&>(request)));\n"
                           "      return;\n");
  }
  out.Print(vars, "    default:\n"
                  "      call.fail({::mica::errc::endpoint_not_found,\n"
                  "          \"$service$ has $count$ methods, none has the number \"\n"
                  "          + ::std::to_string(method)});\n"
                  "  }\n"
                  "}\n"
                  "\n");
}

void write_open(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  out.Print(vars,
            "::mica::task $base$_service::open(::std::size_t method, "
            "::mica::context& call,\n"
            "    ::google::protobuf::Message& request, ::mica::detail::stream_ptr "
            "peer) {\n"
            "  switch (method) {\n");
  size_t index = 0;
  for (const auto& method : service.methods) {
    auto method_vars = variables_of(method);
    method_vars["index"] = std::to_string(index++);
    if (method.kind == method_kind::unary)
      continue;
    out.Print(method_vars, "    case $index$:\n"
                           "      return this->$name$(call,\n");
    if (method.kind == method_kind::server_stream)
      out.Print(method_vars,
                "          ::std::move(static_cast<$request$&>(request)),\n");
    out.Print(method_vars,
              "          ::mica::stream<$handler_stream$>{::std::move(peer)});\n");
  }
  out.Print("    default:\n"
            "      return ::mica::handler::open(method, call, request, "
            "::std::move(peer));\n"
            "  }\n"
            "}\n"
            "\n");
}

void write_unary_call(const variables& vars, Printer& out) {
  out.Print(vars, "::mica::expected<$response$>\n"
                  "$base$_client::$name$(const $request$& request,\n"
                  "    const ::mica::call_options& options) const {\n"
                  "  return this->call<$response$>(\n"
                  "    $base$_service::static_descriptor().methods[$index$],\n"
                  "    request, options);\n"
                  "}\n"
                  "\n"
                  "void $base$_client::$name$(::mica::caller from,\n"
                  "    const $request$& request,\n"
                  "    ::std::function<void(::mica::expected<$response$>)> then,\n"
                  "    const ::mica::call_options& options) const {\n"
                  "  this->call<$response$>(::std::move(from),\n"
                  "    $base$_service::static_descriptor().methods[$index$],\n"
                  "    request, ::std::move(then), options);\n"
                  "}\n"
                  "\n");
}

void write_stream_call(const method_model& method, variables vars, Printer& out) {
  auto one_request = method.kind == method_kind::server_stream;
  auto request = one_request ? "const $request$& request,\n    " : "";
  vars["message"] = one_request ? "&request" : "nullptr";
  out.Print(vars, "::mica::blocking_stream<$client_stream$>\n"
                  "$base$_client::$name$(");
  out.Print(vars, request);
  out.Print(vars, "const ::mica::call_options& options) const {\n"
                  "  return ::mica::blocking_stream<$client_stream$>{\n"
                  "    this->open_blocking(\n"
                  "      $base$_service::static_descriptor().methods[$index$],\n"
                  "      $message$, options)};\n"
                  "}\n"
                  "\n"
                  "::mica::stream<$client_stream$>\n"
                  "$base$_client::$name$(::mica::caller from,\n    ");
  out.Print(vars, request);
  out.Print(vars, "const ::mica::call_options& options) const {\n"
                  "  return ::mica::stream<$client_stream$>{\n"
                  "    this->open(::std::move(from),\n"
                  "      $base$_service::static_descriptor().methods[$index$],\n"
                  "      $message$, options)};\n"
                  "}\n"
                  "\n");
}

void write_client(const service_model& service, Printer& out) {
  auto vars = variables_of(service);
  out.Print(vars,
            "$base$_client::$base$_client(::mica::service& via, ::std::string name)\n"
            "  : ::mica::client_stub(via, ::std::move(name)) {\n"
            "  // nop\n"
            "}\n"
            "\n");
  size_t index = 0;
  for (const auto& method : service.methods) {
    auto method_vars = variables_of(method);
    method_vars["base"] = service.base;
    method_vars["index"] = std::to_string(index++);
    if (method.kind == method_kind::unary)
      write_unary_call(method_vars, out);
    else
      write_stream_call(method, method_vars, out);
  }
}

} // namespace

void write_source(const file_model& file, Printer& out) {
  write_banner(file, out);
  out.Print(variables_of(file), "#include \"$stem$.mica.hpp\"\n");
  if (file.services.empty())
    return;
  out.Print("\n"
            "#include <utility>\n"
            "\n");
  // A file without messages is else left out of programs that link it from an archive,
  // and reflection has nothing to show.
  out.Print(variables_of(file),
            "[[gnu::used]] static const void* const linked_$identifier$ =\n"
            "    &::descriptor_table_$identifier$;\n"
            "\n");
  open_namespace(file, out);
  for (const auto& service : file.services) {
    write_descriptor(file, service, out);
    write_invoke(service, out);
    if (service.has_streams())
      write_open(service, out);
    write_client(service, out);
  }
  close_namespace(file, out);
}

} // namespace mica::protoc
