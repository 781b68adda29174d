#include "mica/actors/handler.hpp"

namespace mica {

handler::~handler() {
  // nop
}

} // namespace mica
