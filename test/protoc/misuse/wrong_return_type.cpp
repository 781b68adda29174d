// EXPECT: invalid covariant return type
// EXPECT: greeter::hello(

#include "greeter.mica.hpp"

using namespace misuse;

struct greeter : greeter_service {
  mica::reply<HelloRequest> hello(mica::context&,
                                  const HelloRequest& request) override {
    return request;
  }
};
