// A client wrapper around each call, a call wrapper around each attempt, and a circuit
// breaker, which lets go of a service that fails:
//
//   $ wrappers-client
//   [wrapper] client request to service: greeter endpoint: Greeter.Hello
//   [wrapper] attempt 1 of Greeter.Hello
//   Hello John

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"
#include "mica/actors/wrapper_breaker.hpp"

#include <iostream>

// [client]
mica::client_function log_wrapper(mica::client_function next) {
  return [next](mica::client_request& request, mica::call_done done) {
    std::cout << "[wrapper] client request to service: " << request.service
              << " endpoint: " << request.endpoint << std::endl;
    next(request, std::move(done));
  };
}
// [client]

// [call]
mica::call_function attempt_wrapper(mica::call_function next) {
  return [next](mica::call_attempt& attempt) {
    std::cout << "[wrapper] attempt " << attempt.number() << " of "
              << attempt.endpoint() << std::endl;
    next(attempt);
  };
}
// [call]

int main(int argc, char** argv) {
  // [breaker]
  mica::circuit_breaker breaker{{.failures_in_a_row = 3}};
  mica::service_options options;
  options.client_wrappers = {log_wrapper, breaker.per_service()};
  options.call_wrappers = {attempt_wrapper, breaker.per_node()};
  // [breaker]
  mica::service service{"greeter.client", options};
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
