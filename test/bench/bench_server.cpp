// The server of all benchmarks:
//
//   bench-server --server_address=127.0.0.1:8080 --placement=lane|worker|thread
//                [--pause=MICROSECONDS]
//
// With --pause `Collect` sleeps so long after each mebibyte: a slow consumer, for
// --placement=thread.
//
// and every other flag of a service. Without --registry it registers nowhere but in
// its own memory.

#include "helloworld.mica.hpp"

#include "mica/actors/service.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

class greeter : public helloworld::greeter_service {
public:
  /// @param pause after each mebibyte that was collected.
  explicit greeter(std::chrono::microseconds pause) : pause_(pause) {
    // nop
  }

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
    size_t bytes = 0;
    while (co_await peer.read(request)) {
      ++count;
      bytes += request.name().size();
      if (pause_.count() > 0 && bytes >= 1 << 20) {
        bytes = 0;
        std::this_thread::sleep_for(pause_);
      }
    }
    HelloReply reply;
    reply.set_message(std::to_string(count));
    peer.write(reply);
  }

private:
  std::chrono::microseconds pause_;
};

// Takes a flag that services do not know out of the arguments.
std::string_view take(std::vector<char*>& arguments, std::string_view flag,
                      std::string_view otherwise) {
  for (auto i = arguments.begin(); i != arguments.end(); ++i) {
    std::string_view text = *i;
    if (!text.starts_with(flag))
      continue;
    arguments.erase(i);
    return text.substr(flag.size());
  }
  return otherwise;
}

bool read_placement(std::string_view text, mica::placement& where) {
  if (text == "lane")
    where = mica::lane;
  else if (text == "worker")
    where = mica::worker;
  else if (text == "thread")
    where = mica::thread;
  else
    return false;
  return true;
}

} // namespace

int main(int argc, char** argv) {
  std::vector<char*> arguments{argv, argv + argc};
  auto where = mica::worker;
  if (!read_placement(take(arguments, "--placement=", "worker"), where)) {
    std::cerr << "--placement: lane, worker or thread" << std::endl;
    return 1;
  }
  mica::service_options options;
  options.registry_name = "memory";
  mica::service service{"greeter", options};
  std::chrono::microseconds pause{
      std::atoi(std::string{take(arguments, "--pause=", "0")}.c_str())};
  service.handle<greeter>({.placement = where}, pause);
  return service.run(static_cast<int>(arguments.size()), arguments.data());
}
