// Calls the function that service.cpp is. The second call finds nobody:
//
//   $ function-client
//   Hello John
//   $ function-client
//   go.micro.client: 404 Not Found: service greeter: not found in mdns

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>

int main(int argc, char** argv) {
  mica::service service{"greeter.client"};
  service.init(argc, argv);
  greeter_client client{service, "greeter"};
  HelloRequest request;
  request.set_name("John");
  auto response = client.hello(request, {.deadline = std::chrono::seconds{2}});
  if (!response) {
    std::cerr << to_string(response.error()) << '\n';
    return 1;
  }
  std::cout << response->greeting() << '\n';
}
