// A gRPC server under TLS: the service is as ever, the flags say the rest.
//
//   $ mica cert ca --dir certs
//   $ mica cert server --dir certs --name localhost --ip 127.0.0.1
//   $ grpc-service --tls_cert_file=certs/server.pem --tls_key_file=certs/server.key
//
// Then any gRPC client may call it; PORT stands in the log:
//
//   $ grpcurl -cacert certs/ca.pem -d '{"name":"John"}' 127.0.0.1:PORT
//   hello.Greeter/SayHello
//   {
//     "message": "Hello John"
//   }

// [service]
#include "hello.mica.hpp"

#include "mica/actors/service.hpp"

struct greeter : hello::greeter_service {
  mica::reply<hello::HelloReply>
  say_hello(mica::context& call, const hello::HelloRequest& request) override {
    if (request.name().empty())
      // INVALID_ARGUMENT for gRPC, 400 for everybody else.
      return mica::error{mica::errc::invalid_argument, "name: say whom to greet"};
    hello::HelloReply reply;
    auto polite = call.headers().contains("x-polite");
    reply.set_message((polite ? "Good day " : "Hello ") + request.name());
    return reply;
  }
};

int main(int argc, char** argv) {
  mica::service service{"hello"};
  service.handle<greeter>();
  return service.run(argc, argv);
}
// [service]
