#include "mica/discovery/selector.hpp"

namespace mica::discovery {

strategy::~strategy() {
  // nop
}

} // namespace mica::discovery
