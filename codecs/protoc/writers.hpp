// The three files made of a .proto file.

#pragma once

#include "protoc/model.hpp"

#include <google/protobuf/io/printer.h>

#include <string>
#include <string_view>

namespace mica::protoc {

/// Writes x.mica.hpp: handler bases and clients. Needs no CAF header.
void write_header(const file_model& file, google::protobuf::io::Printer& out);

/// Writes x.mica.cpp: descriptors, dispatch and the clients' calls.
void write_source(const file_model& file, google::protobuf::io::Printer& out);

/// Writes x.mica_actor.hpp: the typed actor interfaces, for those who use CAF.
void write_actor_header(const file_model& file, google::protobuf::io::Printer& out);

/// Variables for a printer.
using variables = std::map<std::string, std::string>;

variables variables_of(const file_model& file);
variables variables_of(const service_model& service);
variables variables_of(const method_model& method);

/// The enumerator of `mica::method_kind`, by its name in C++.
std::string_view name_of(method_kind kind);

/// The types of a method's stream, `In, Out` of `mica::stream`, as the handler and as
/// the client see it.
std::string handler_stream(const method_model& method);
std::string client_stream(const method_model& method);

/// Writes the first lines, up to and without the includes.
void write_banner(const file_model& file, google::protobuf::io::Printer& out);

/// Writes documentation lines, or `fallback` as one line if there are none.
void write_comment(const comment_lines& lines, const std::string& fallback,
                   google::protobuf::io::Printer& out);

/// Opens and closes the namespace of the package; nothing for no package.
void open_namespace(const file_model& file, google::protobuf::io::Printer& out);
void close_namespace(const file_model& file, google::protobuf::io::Printer& out);

} // namespace mica::protoc
