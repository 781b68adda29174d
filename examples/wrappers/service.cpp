// A handler wrapper of one's own, in front of some that come with mica:
//
//   2026/01/31 12:00:01 [wrapper] server request: Greeter.Hello
//   2026/01/31 12:00:01 Greeter.Hello of 127.0.0.1:40126: ok in 0.084 ms

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"
#include "mica/actors/wrapper_limits.hpp"
#include "mica/actors/wrapper_logging.hpp"

#include <ctime>
#include <iostream>
#include <string>

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    HelloResponse response;
    response.set_greeting("Hello " + request.name());
    return response;
  }
};

std::string now() {
  char text[32];
  auto seconds = std::time(nullptr);
  std::strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", std::localtime(&seconds));
  return text;
}

// [handler]
mica::handler_function log_wrapper(mica::handler_function next) {
  return [next](mica::context& call, const google::protobuf::Message& request) {
    std::cerr << now() << " [wrapper] server request: " << call.endpoint() << '\n';
    next(call, request);
  };
}
// [handler]

int main(int argc, char** argv) {
  // [options]
  mica::logging log;
  mica::rate_limit rate{{.per_second = 1000}};
  mica::service_options options;
  // The first is outermost.
  options.handler_wrappers = {log_wrapper, log.handler(), rate.handler(),
                              mica::recovery()};
  mica::service service{"greeter", options};
  // [options]
  service.handle<greeter>();
  return service.run(argc, argv);
}
