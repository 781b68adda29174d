// Whom to call, said per call: by version, by label, by key. The strategy is a flag.
//
//   $ select-client --selector=hash
//   version 1: Hello John from greeter-a
//   zone south: Hello John from greeter-b
//   version 3: error getting next greeter node: none available
//   key John: 20 of 20 calls to the same node

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>
#include <set>
#include <string>

using mica::discovery::filter_label;
using mica::discovery::filter_version;

// [select]
std::string call(const greeter_client& client, std::vector<mica::discovery::filter> by,
                 std::string key = {}) {
  HelloRequest request;
  request.set_name("John");
  auto response = client.hello(
      request, {.deadline = std::chrono::seconds{2}, .filters = by, .key = key});
  if (response)
    return response->greeting();
  return response.error().detail.substr(0, response.error().detail.find(','));
}

int main(int argc, char** argv) {
  mica::service service{"greeter.client"};
  service.init(argc, argv);
  greeter_client client{service, "greeter"};
  std::cout << "version 1: " << call(client, {filter_version("1")}) << '\n'
            << "zone south: " << call(client, {filter_label("zone", "south")}) << '\n'
            << "version 3: " << call(client, {filter_version("3")}) << '\n';
  std::multiset<std::string> nodes;
  for (int i = 0; i < 20; ++i)
    nodes.insert(call(client, {}, "John"));
  std::cout << "key John: " << nodes.count(*nodes.begin())
            << " of 20 calls to the same node\n";
}
// [select]
