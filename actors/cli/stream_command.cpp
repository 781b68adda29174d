// Reading a stream of messages whose type the tool does not know.

#include "cli/event_commands.hpp"
#include "cli/requests.hpp"
#include "mica/actors/service.hpp"

#include <google/protobuf/wrappers.pb.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace mica::cli {

namespace {

using bytes = google::protobuf::BytesValue;

class raw_stub : public client_stub {
public:
  using client_stub::client_stub;
  using client_stub::open_blocking;
};

} // namespace

int stream(service& via, const call_arguments& arguments) {
  if (!nlohmann::json::accept(arguments.body))
    return complain_of_json(arguments.body);
  // JSON goes through as it is.
  via.codecs().add("application/json", {bytes_codec()});
  auto dot = arguments.endpoint.rfind('.');
  auto slash = arguments.endpoint.rfind('/');
  auto at = dot == std::string::npos ? slash : dot;
  if (at == std::string::npos || at + 1 == arguments.endpoint.size()) {
    std::cerr << "error: " << arguments.endpoint
              << " is no endpoint; write Service.Method" << std::endl;
    return usage;
  }
  // `package.Service.Method`: gRPC wants the package, Go Micro's endpoint has none.
  auto service_part = arguments.endpoint.substr(0, at);
  auto package_end = service_part.rfind('.');
  auto package = package_end == std::string::npos ? std::string{}
                                                  : service_part.substr(0, package_end);
  auto endpoint =
      arguments.endpoint.substr(package_end == std::string::npos ? 0 : package_end + 1);
  auto name = arguments.endpoint.substr(at + 1);
  method_descriptor method{name,
                           endpoint,
                           &bytes::default_instance(),
                           &bytes::default_instance(),
                           idempotency::unknown,
                           method_kind::server_stream,
                           package};
  call_options options;
  options.address = arguments.address;
  options.content_type = "application/json";
  for (const auto& [key, text] : arguments.metadata)
    options.headers.set(canonical_name(key), text);
  bytes request;
  request.set_value(arguments.body);
  auto opened =
      raw_stub{via, arguments.service}.open_blocking(method, &request, options);
  bytes message;
  while (opened->read(message)) {
    auto line = message.value();
    while (!line.empty() && line.back() == '\n')
      line.pop_back();
    std::cout << line << std::endl;
  }
  if (auto ok = opened->finish(); !ok)
    return complain("error streaming " + arguments.service + "." + arguments.endpoint
                    + ": " + to_json(ok.error()));
  return done;
}

} // namespace mica::cli
