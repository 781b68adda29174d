#include "mica/actors/from_actor.hpp"

#include "client/client_side.hpp"
#include "runtime/service_impl.hpp"

namespace mica {

namespace detail {

const caf::actor& client_of(const bridge& over) {
  return over.client().actor();
}

} // namespace detail

caf::actor_system& system_of(service& of) {
  return of.impl().actors().system();
}

} // namespace mica
