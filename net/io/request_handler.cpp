#include "mica/net/request_handler.hpp"

namespace mica::net {

request_handler::~request_handler() {
  // nop
}

} // namespace mica::net
