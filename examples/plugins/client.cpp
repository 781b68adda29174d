// Calls a service with two nodes four times, and with the plugin always the same one:
//
//   $ plugins-client --plugin=plugins-standby.so --selector=standby
//   Hello John from greeter-one
//   Hello John from greeter-one
//   Hello John from greeter-one
//   Hello John from greeter-one

#include "greeter.mica.hpp"

#include "mica/actors/registries.hpp"
#include "mica/actors/service.hpp"

#include <iostream>

int main(int argc, char** argv) {
  mica::service service{"greeter.client", mica::mdns_registry({.interfaces = {"lo"}})};
  service.init(argc, argv);
  greeter_client client{service, "greeter"};
  HelloRequest request;
  request.set_name("John");
  for (int i = 0; i < 4; ++i) {
    auto response = client.hello(request);
    if (!response) {
      std::cerr << to_string(response.error()) << '\n';
      return 1;
    }
    std::cout << response->greeting() << '\n';
  }
}
