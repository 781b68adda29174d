// The actor behind a handler, by its generated interface. Needs CAF.

#pragma once

#include "mica/actors/service.hpp"
#include "mica/actors/typed_call.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>

namespace mica {

namespace detail {

expected<caf::actor> shell_of(service& of, const typed_method_table& methods);

} // namespace detail

/// Returns the handle of the handler's actor in a started service: requests to it are
/// answered in this process, with nothing encoded.
///
/// ```
/// auto greeter = mica::actor_of<greeter_actor>(service, greeter_actor_methods());
/// self->request(*greeter, 5s, greeter_methods::hello::call{request}).then(...);
/// ```
///
/// Errors are a `mica::error` in a `caf::error` (mica/net/caf_error.hpp). Handler
/// wrappers run as for any call. Fails with `errc::not_found` if the service has no
/// such handler or was not started.
template <class Handle>
expected<Handle> actor_of(service& of, const typed_method_table& methods) {
  auto shell = detail::shell_of(of, methods);
  if (!shell)
    return std::move(shell.error());
  return caf::actor_cast<Handle>(*shell);
}

} // namespace mica
