#include "mica/actors/from_actor.hpp"

#include "client/client_side.hpp"

namespace mica::detail {

const caf::actor& client_of(const bridge& over) {
  return over.client();
}

} // namespace mica::detail
