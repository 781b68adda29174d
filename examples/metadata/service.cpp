// Reads what callers say beside their request, and says something beside the answer.
// Standard output:
//
//   $ metadata-service
//   Greeter.Hello for user john, token 42, from 127.0.0.1:40126

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>

// [service]
struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context& call,
                                   const HelloRequest& request) override {
    // Names are found in upper and lower case: Go Micro sends them as `X-User-Id`, gRPC
    // as `x-user-id`.
    auto user = call.headers().get("X-User");
    if (!user)
      return mica::error{401, "the header X-User says who calls; it is missing"};
    std::cout << call.endpoint() << " for user " << *user << ", token "
              << call.headers().get_or("X-Token", "none") << ", from " << call.peer()
              << std::endl;
    call.reply_headers().set("X-Seen-By", call.service());
    HelloResponse response;
    response.set_greeting("Hello " + request.name());
    return response;
  }
};
// [service]

int main(int argc, char** argv) {
  mica::service service{"greeter"};
  service.handle<greeter>();
  return service.run(argc, argv);
}
