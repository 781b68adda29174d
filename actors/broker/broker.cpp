#include "mica/actors/broker.hpp"

namespace mica::broker {

subscription::~subscription() {
  // nop
}

outlet::~outlet() {
  // nop
}

} // namespace mica::broker
