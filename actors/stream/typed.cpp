#include "mica/actors/blocking_stream.hpp"
#include "mica/actors/stream.hpp"

namespace mica::detail {

any_stream::~any_stream() {
  // nop
}

bool any_stream::compressed() const {
  return false;
}

blocking_core::~blocking_core() {
  // nop
}

} // namespace mica::detail
