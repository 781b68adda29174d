#include "mica/actors/actor_of.hpp"

#include "runtime/service_impl.hpp"

#include <caf/send.hpp>

namespace mica::detail {

expected<caf::actor> shell_of(service& of, const typed_method_table& methods) {
  auto shell = of.impl().shell_of(methods.service());
  // Sent before the handle is out, so that it arrives before any call.
  if (shell)
    caf::anon_send(*shell, serve_interface{&methods});
  return shell;
}

} // namespace mica::detail
