// EXPECT: no matching function for call to 'mica::stream<misuse::HelloResponse,
// void>::write(misuse::HelloRequest)'

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

void use(mica::service& service) {
  chatter_client client{service};
  client.count(mica::caller{}, HelloRequest{}).write(HelloRequest{});
}
