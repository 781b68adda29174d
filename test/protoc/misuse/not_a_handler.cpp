// EXPECT: Handler must derive from a generated class such as greeter_service

#include "mica/actors/service.hpp"

struct not_a_handler {};

void use(mica::service& service) {
  service.handle<not_a_handler>();
}
