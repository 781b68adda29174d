// EXPECT: could not convert 'request'
// EXPECT: to 'mica::reply<misuse::HelloResponse>'

#include "greeter.mica.hpp"

using namespace misuse;

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    return request;
  }
};
