// Which handler's method a call means.

#pragma once

#include "mica/codecs/endpoint.hpp"
#include "mica/codecs/expected.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mica::detail {

/// Who a handler belongs to.
enum class owner : uint8_t {
  /// The program: two of its handlers may not share an endpoint, because most callers
  /// do not say the package.
  program,
  /// mica itself. Gives way to the program's, and to others of its own that came first.
  built_in,
};

/// Endpoints by name: `Service.Method`, and where several packages have it, by the
/// package too. Filled at start-up; thread-safe for readers then.
class endpoint_table {
public:
  struct target {
    /// Numbers of handler and method.
    size_t handler;
    size_t method;
    const method_descriptor* descriptor;
    /// Not for the registry.
    bool internal;
    /// `package.Service`.
    std::string service;
  };

  /// Adds every method of a service.
  /// @param handler what `find` shall return.
  /// Fails with `errc::conflict`, and changes nothing, if the program has one of the
  /// endpoints twice.
  expected<void> add(const service_descriptor& service, size_t handler, bool internal,
                     owner whose);

  /// Finds the method of a call.
  /// @param service what the caller says in front of the endpoint: gRPC's
  ///        `package.Service`, Go Micro's name of the service, or nothing. It decides
  ///        only between packages that have the endpoint both.
  /// @param endpoint `Service.Method`.
  /// @returns null if there is none.
  const target* find(std::string_view service, std::string_view endpoint) const;

  /// What the registry shall know, sorted by name.
  std::vector<endpoint> advertised() const;

  /// Names of all advertised endpoints, sorted.
  const std::vector<std::string>& names() const noexcept {
    return names_;
  }

private:
  struct entry {
    /// Whom a call means that says no package.
    target first;
    owner whose;
    /// The same endpoint of other packages.
    std::vector<target> others;
  };

  struct name_hash {
    using is_transparent = void;
    size_t operator()(std::string_view x) const noexcept {
      return std::hash<std::string_view>{}(x);
    }
  };

  std::unordered_map<std::string, entry, name_hash, std::equal_to<>> entries_;
  std::vector<std::string> names_;
};

} // namespace mica::detail
