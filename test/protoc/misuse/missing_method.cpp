// EXPECT: Handler must override every method of its service
// EXPECT: bye

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&, const HelloRequest&) override {
    return HelloResponse{};
  }
};

void use(mica::service& service) {
  service.handle<greeter>();
}
