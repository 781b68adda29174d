// The server of all benchmarks:
//
//   bench-server --server_address=127.0.0.1:8080 --placement=lane|worker
//
// and every other flag of a service. Without --registry it registers nowhere but in
// its own memory.

#include "helloworld.mica.hpp"

#include "mica/actors/service.hpp"

#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

class greeter : public helloworld::greeter_service {
public:
  mica::reply<HelloReply> say_hello(mica::context&,
                                    const HelloRequest& request) override {
    HelloReply response;
    response.set_message("Hello " + request.name());
    return response;
  }

  mica::task chat(mica::context&,
                  mica::stream<HelloRequest, HelloReply> peer) override {
    HelloRequest request;
    HelloReply reply;
    while (co_await peer.read(request)) {
      reply.set_message("Hello " + request.name());
      if (!co_await peer.write(reply))
        break;
    }
  }

  mica::task collect(mica::context&,
                     mica::stream<HelloRequest, HelloReply> peer) override {
    HelloRequest request;
    uint64_t count = 0;
    while (co_await peer.read(request))
      ++count;
    HelloReply reply;
    reply.set_message(std::to_string(count));
    peer.write(reply);
  }
};

// Takes `--placement` out of the arguments; services do not know it.
bool take_placement(std::vector<char*>& arguments, mica::placement& where) {
  constexpr std::string_view flag = "--placement=";
  for (auto i = arguments.begin(); i != arguments.end(); ++i) {
    std::string_view text = *i;
    if (text.substr(0, flag.size()) != flag)
      continue;
    text.remove_prefix(flag.size());
    if (text == "lane")
      where = mica::lane;
    else if (text == "worker")
      where = mica::worker;
    else if (text == "thread")
      where = mica::thread;
    else
      return false;
    arguments.erase(i);
    return true;
  }
  return true;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<char*> arguments{argv, argv + argc};
  auto where = mica::worker;
  if (!take_placement(arguments, where)) {
    std::cerr << "--placement: lane, worker or thread" << std::endl;
    return 1;
  }
  mica::service_options options;
  options.registry_name = "memory";
  mica::service service{"greeter", options};
  service.handle<greeter>({.placement = where});
  return service.run(static_cast<int>(arguments.size()), arguments.data());
}
