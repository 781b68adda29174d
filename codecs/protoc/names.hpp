// From .proto names to C++ names.

#pragma once

#include <string>
#include <string_view>

namespace mica::protoc {

/// Returns `SayHello` as `say_hello`, `GetHTTPStatus` as `get_http_status`, `V2Get` as
/// `v2_get`. Never holds two underscores in a row, which C++ reserves.
std::string snake_case(std::string_view name);

/// Returns the name as Go's protobuf generator makes it: `say_hello` -> `SayHello`,
/// `_x` -> `XX`; an underscore stays unless a lower-case letter follows.
std::string go_camel_case(std::string_view name);

/// Returns the stem of a service's class names: `greeter` for `Greeter` and for
/// `GreeterService`.
std::string service_stem(std::string_view service);

/// True for what C++20 does not take as a name.
bool is_keyword(std::string_view name);

/// True for lower-case macros that a system header or a compiler may define: as a
/// member's name they would be replaced.
bool is_common_macro(std::string_view name);

/// True for the members of the bases of generated classes, and those that every
/// generated class has.
bool is_base_member(std::string_view name);

} // namespace mica::protoc
