// EXPECT: ignoring returned value of type 'mica::expected<misuse::HelloResponse>'

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

void use(mica::service& service) {
  greeter_client client{service};
  client.hello(HelloRequest{});
}
