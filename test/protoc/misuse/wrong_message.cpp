// EXPECT: misuse::HelloResponse
// EXPECT: misuse::HelloRequest

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

void use(mica::service& service) {
  chatter_client client{service};
  client.chat().write(HelloResponse{});
}
