// gRPC C++'s server with the same answers as bench-server:
//
//   grpc-server PORT callback|sync|cq [CERTIFICATE KEY]
//
// `cq` is the asynchronous completion-queue server, unary only.

#include "helloworld.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using helloworld::Greeter;
using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

constexpr int max_message_bytes = 16 << 20;

class callback_service final : public Greeter::CallbackService {
  grpc::ServerUnaryReactor* SayHello(grpc::CallbackServerContext* context,
                                     const HelloRequest* request,
                                     HelloReply* reply) override {
    reply->set_message("Hello " + request->name());
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<HelloRequest, HelloReply>*
  Chat(grpc::CallbackServerContext*) override {
    class reactor final : public grpc::ServerBidiReactor<HelloRequest, HelloReply> {
    public:
      reactor() {
        StartRead(&request_);
      }
      void OnReadDone(bool ok) override {
        if (!ok)
          return Finish(grpc::Status::OK);
        reply_.set_message("Hello " + request_.name());
        StartWrite(&reply_);
      }
      void OnWriteDone(bool ok) override {
        if (ok)
          StartRead(&request_);
      }
      void OnDone() override {
        delete this;
      }

    private:
      HelloRequest request_;
      HelloReply reply_;
    };
    return new reactor;
  }

  grpc::ServerReadReactor<HelloRequest>* Collect(grpc::CallbackServerContext*,
                                                 HelloReply* reply) override {
    class reactor final : public grpc::ServerReadReactor<HelloRequest> {
    public:
      explicit reactor(HelloReply* reply) : reply_(reply) {
        StartRead(&request_);
      }
      void OnReadDone(bool ok) override {
        if (ok) {
          ++count_;
          return StartRead(&request_);
        }
        reply_->set_message(std::to_string(count_));
        Finish(grpc::Status::OK);
      }
      void OnDone() override {
        delete this;
      }

    private:
      HelloReply* reply_;
      HelloRequest request_;
      uint64_t count_ = 0;
    };
    return new reactor{reply};
  }
};

class sync_service final : public Greeter::Service {
  grpc::Status SayHello(grpc::ServerContext*, const HelloRequest* request,
                        HelloReply* reply) override {
    reply->set_message("Hello " + request->name());
    return grpc::Status::OK;
  }

  grpc::Status Chat(grpc::ServerContext*,
                    grpc::ServerReaderWriter<HelloReply, HelloRequest>* peer) override {
    HelloRequest request;
    HelloReply reply;
    while (peer->Read(&request)) {
      reply.set_message("Hello " + request.name());
      if (!peer->Write(reply))
        break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Collect(grpc::ServerContext*, grpc::ServerReader<HelloRequest>* peer,
                       HelloReply* reply) override {
    HelloRequest request;
    uint64_t count = 0;
    while (peer->Read(&request))
      ++count;
    reply->set_message(std::to_string(count));
    return grpc::Status::OK;
  }
};

// One unary call of the completion-queue server; starts its successor.
class cq_call {
public:
  cq_call(Greeter::AsyncService& service, grpc::ServerCompletionQueue& queue)
    : service_(service),
      queue_(queue),
      responder_(&context_) {
    service_.RequestSayHello(&context_, &request_, &responder_, &queue_, &queue_, this);
  }

  void proceed(bool ok) {
    if (finishing_ || !ok) {
      delete this;
      return;
    }
    new cq_call(service_, queue_);
    reply_.set_message("Hello " + request_.name());
    finishing_ = true;
    responder_.Finish(reply_, grpc::Status::OK, this);
  }

private:
  Greeter::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  HelloRequest request_;
  HelloReply reply_;
  grpc::ServerAsyncResponseWriter<HelloReply> responder_;
  bool finishing_ = false;
};

std::string content_of(const char* path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void serve_queues(Greeter::AsyncService& service,
                  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>>& queues) {
  std::vector<std::thread> threads;
  for (auto& queue : queues)
    threads.emplace_back([&service, &queue] {
      for (int i = 0; i < 256; ++i)
        new cq_call(service, *queue);
      void* tag = nullptr;
      bool ok = false;
      while (queue->Next(&tag, &ok))
        static_cast<cq_call*>(tag)->proceed(ok);
    });
  for (auto& x : threads)
    x.join();
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) {
    std::cerr << "usage: grpc-server PORT callback|sync|cq [CERTIFICATE KEY]\n";
    return 2;
  }
  std::string kind = argv[2];
  auto credentials = grpc::InsecureServerCredentials();
  if (argc == 5) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({content_of(argv[4]), content_of(argv[3])});
    credentials = grpc::SslServerCredentials(options);
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::string{argv[1]}, credentials);
  builder.SetMaxReceiveMessageSize(max_message_bytes);
  callback_service callback;
  sync_service sync;
  Greeter::AsyncService async;
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  if (kind == "callback") {
    builder.RegisterService(&callback);
  } else if (kind == "sync") {
    builder.RegisterService(&sync);
  } else if (kind == "cq") {
    builder.RegisterService(&async);
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i)
      queues.push_back(builder.AddCompletionQueue());
  } else {
    std::cerr << "grpc-server: callback, sync or cq, not " << kind << '\n';
    return 2;
  }
  auto server = builder.BuildAndStart();
  if (!server)
    return 1;
  if (queues.empty())
    server->Wait();
  else
    serve_queues(async, queues);
}
