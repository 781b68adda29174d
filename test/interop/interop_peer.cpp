// The peer of the interop tests that is mica's: a greeter with names that have a
// meaning, a streamer, and clients of any such services.
//
//   interop-peer server [--flag...]
//   interop-peer client [key=value...] [--flag...]
//   interop-peer stream [key=value...] [--flag...]
//
// Keys: service (greeter), name (John), address, content_type, timeout_ms, retries, and
// header.NAME for metadata; of `stream` also method (Chat) and messages (1). Prints the
// greetings, or the error object as JSON on stderr with status 1.

#include "greeter.mica.hpp"
#include "streamer.hpp"

#include "mica/actors/service.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;

// The same names as in gomicro/v2/greeter.go.
struct named_greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context& call,
                                   const HelloRequest& request) override {
    const auto& name = request.name();
    if (name == "fail")
      return mica::error{400, "name fail refused", "greeter"};
    if (name == "throw")
      throw std::runtime_error{"asked to"};
    // Never answered in time: the answer goes with the last copy, which is kept.
    if (name == "sleep") {
      auto later = call.defer<HelloResponse>();
      kept_.push_back(later);
      return later;
    }
    HelloResponse response;
    if (name == "meta")
      response.set_greeting(fields_of(call));
    else if (name == "deadline")
      response.set_greeting(milliseconds_left(call));
    else if (name != "empty")
      response.set_greeting("Hello " + name);
    return response;
  }

private:
  static std::string fields_of(const mica::context& call) {
    auto fields = nlohmann::json::object();
    for (const auto& [key, value] : call.headers())
      fields[std::string{key}] = value;
    return fields.dump();
  }

  static std::string milliseconds_left(const mica::context& call) {
    auto left = call.remaining();
    return left ? std::to_string(*left / 1ms) : "none";
  }

  std::vector<mica::deferred<HelloResponse>> kept_;
};

// Returns false if the key is unknown.
bool read_pair(stream_call& to, std::string_view key, const std::string& value) {
  constexpr std::string_view header = "header.";
  if (key == "service")
    to.service = value;
  else if (key == "name")
    to.name = value;
  else if (key == "address")
    to.options.address = value;
  else if (key == "content_type")
    to.options.content_type = value;
  else if (key == "timeout_ms")
    to.options.deadline = std::chrono::milliseconds{std::stoi(value)};
  else if (key == "retries")
    to.options.retries = std::stoi(value);
  else if (key == "method")
    to.method = value;
  else if (key == "messages")
    to.messages = std::stoi(value);
  else if (key == "end")
    to.says_end = value == "name";
  else if (key.substr(0, header.size()) == header)
    to.options.headers.set(key.substr(header.size()), value);
  else
    return false;
  return true;
}

int serve(int argc, char** argv) {
  mica::service service{"greeter", {.version = "1.2.3", .address = "127.0.0.1:0"}};
  service.handle<named_greeter>();
  service.handle<named_streamer>();
  return service.run(argc, argv);
}

// Calls Greeter.Hello.
mica::expected<void> greet(mica::service& via, const stream_call& call) {
  greeter_client client{via, call.service};
  HelloRequest request;
  request.set_name(call.name);
  auto response = client.hello(request, call.options);
  if (!response)
    return response.error();
  std::cout << response->greeting() << '\n';
  return {};
}

using call_function = mica::expected<void> (*)(mica::service& via,
                                               const stream_call& call);

int call(int argc, char** argv, call_function function) {
  stream_call arguments;
  std::vector<char*> flags{argv[0]};
  for (auto** x = argv + 1; x != argv + argc; ++x) {
    std::string_view text{*x};
    auto equals = text.find('=');
    if (text.substr(0, 2) == "--" || equals == std::string_view::npos) {
      flags.push_back(*x);
    } else if (!read_pair(arguments, text.substr(0, equals), *x + equals + 1)) {
      std::cerr << "interop-peer: unknown key in " << text << '\n';
      return 2;
    }
  }
  mica::service service{"interop.client"};
  service.init(static_cast<int>(flags.size()), flags.data());
  auto outcome = function(service, arguments);
  if (!outcome) {
    std::cerr << to_json(outcome.error()) << '\n';
    return 1;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::string_view mode = argc > 1 ? argv[1] : "";
  if (argc > 1)
    argv[1] = argv[0];
  if (mode == "server")
    return serve(argc - 1, argv + 1);
  if (mode == "client")
    return call(argc - 1, argv + 1, greet);
  if (mode == "stream")
    return call(argc - 1, argv + 1, run);
  std::cerr << "usage: interop-peer server [--flag...] | client [key=value...] "
               "[--flag...] | stream [key=value...] [--flag...]\n";
  return 2;
}
