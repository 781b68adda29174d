// EXPECT: from 'misuse::HelloResponse'
// EXPECT: to 'const misuse::HelloRequest&'

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

void use(mica::service& service) {
  greeter_client client{service};
  (void)client.hello(HelloResponse{});
}
