// EXPECT: has no member named 'helo'; did you mean 'hello'?

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

void use(mica::service& service) {
  greeter_client client{service};
  (void)client.helo(HelloRequest{});
}
