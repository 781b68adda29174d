// Calls the service that service.cpp is, by gRPC over TLS:
//
//   $ grpc-client --client_tls --client_tls_ca_file=certs/ca.pem
//   Good day John
//   hello: 400 Bad Request: name: say whom to greet

#include "hello.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>

int main(int argc, char** argv) {
  mica::service service{"hello.client"};
  service.init(argc, argv);

  // [client]
  hello::greeter_client client{service};
  hello::HelloRequest request;
  request.set_name("John");
  mica::call_options options;
  options.deadline = std::chrono::seconds{2};
  options.headers.add("x-polite", "yes");
  auto reply = client.say_hello(request, options);
  if (!reply) {
    std::cerr << to_string(reply.error()) << '\n';
    return 1;
  }
  std::cout << reply->message() << '\n';
  // [client]

  // What went wrong comes along, whatever the wire.
  auto refused = client.say_hello({});
  std::cout << to_string(refused.error()) << '\n';
}
