// EXPECT: ignoring return value

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

// The call would be cancelled at once.
void use(mica::service& service) {
  chatter_client client{service};
  client.count(mica::caller{}, HelloRequest{});
}
