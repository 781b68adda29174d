#include "protoc/writers.hpp"

namespace mica::protoc {

namespace {

using google::protobuf::io::Printer;

std::string namespace_of(std::string package) {
  for (size_t dot; (dot = package.find('.')) != package.npos;)
    package.replace(dot, 1, "::");
  return package;
}

// protoc's own form of a path within C++ names: what is no letter or digit, in hex.
std::string identifier_of(std::string_view path) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view plain = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
                                     "klmnopqrstuvwxyz";
  std::string result;
  for (auto c : path) {
    if (plain.find(c) != plain.npos) {
      result += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    result += '_';
    if (byte >= 16)
      result += digits[byte / 16];
    result += digits[byte % 16];
  }
  return result;
}

} // namespace

variables variables_of(const file_model& file) {
  return {
      {"identifier", identifier_of(file.path)},
      {"path", file.path},
      {"stem", file.stem},
      {"package", file.package},
      {"namespace", namespace_of(file.package)},
  };
}

variables variables_of(const service_model& service) {
  return {
      {"service", service.name},
      {"base", service.base},
      {"registry_name", service.registry_name},
      {"count", std::to_string(service.methods.size())},
  };
}

variables variables_of(const method_model& method) {
  return {
      {"name", method.name},
      {"rpc", method.rpc},
      {"endpoint", method.endpoint},
      {"request", method.request},
      {"response", method.response},
      {"level", method.level},
      {"kind", std::string{name_of(method.kind)}},
      {"handler_stream", handler_stream(method)},
      {"client_stream", client_stream(method)},
      {"deprecated", method.deprecated ? "[[deprecated]] " : ""},
  };
}

std::string_view name_of(method_kind kind) {
  switch (kind) {
    case method_kind::unary:
      return "unary";
    case method_kind::client_stream:
      return "client_stream";
    case method_kind::server_stream:
      return "server_stream";
    case method_kind::bidi_stream:
      return "bidi_stream";
  }
  return {};
}

// The one request of a server's stream is no part of it.
std::string handler_stream(const method_model& method) {
  auto in = method.kind == method_kind::server_stream ? "void" : method.request;
  return in + ", " + method.response;
}

std::string client_stream(const method_model& method) {
  auto out = method.kind == method_kind::server_stream ? "void" : method.request;
  return method.response + ", " + out;
}

// Generated lines are as long as the names in them: no formatter shall mind.
void write_banner(const file_model& file, Printer& out) {
  out.Print(variables_of(file), "// Made of $path$ by protoc-gen-mica: edit that one.\n"
                                "// clang-format off\n"
                                "\n");
}

void write_comment(const comment_lines& lines, const std::string& fallback,
                   Printer& out) {
  if (lines.empty())
    out.Print("/// $text$\n", "text", fallback);
  for (const auto& line : lines)
    out.Print("///$text$\n", "text",
              line.empty() || line[0] == ' ' ? line : " " + line);
}

void open_namespace(const file_model& file, Printer& out) {
  if (!file.package.empty())
    out.Print(variables_of(file), "namespace $namespace$ {\n\n");
}

void close_namespace(const file_model& file, Printer& out) {
  if (!file.package.empty())
    out.Print(variables_of(file), "} // namespace $namespace$\n");
}

} // namespace mica::protoc
