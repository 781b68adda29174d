// gRPC C++'s callback client under load, with bench-client's arguments and output:
//
//   grpc-client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS [BYTES [CA]]
//
// chat: so many ping-pong streams over 8 connections, or over one if there are fewer
// than 8. collect: one-way streams. Prints `c=N rps=N errors=N`, calls or messages.

#include "helloworld.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

using clock_type = std::chrono::steady_clock;
using helloworld::Greeter;
using helloworld::HelloReply;
using helloworld::HelloRequest;

namespace {

// What all chains share.
struct load {
  clock_type::time_point end;
  std::string name;
  std::string expected;
  std::atomic<uint64_t> count{0};
  std::atomic<uint64_t> errors{0};
  std::mutex mtx;
  std::condition_variable changed;
  size_t open = 0;

  void done() {
    std::lock_guard guard{mtx};
    if (--open == 0)
      changed.notify_all();
  }
};

// Keeps one unary call in flight.
class unary_chain {
public:
  unary_chain(Greeter::Stub& stub, load& all) : stub_(stub), all_(all) {
    request_.set_name(all.name);
  }

  void next() {
    if (clock_type::now() >= all_.end)
      return all_.done();
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{5});
    stub_.async()->SayHello(context_.get(), &request_, &reply_,
                            [this](const grpc::Status& status) {
                              if (status.ok() && reply_.message() == all_.expected)
                                ++all_.count;
                              else
                                ++all_.errors;
                              next();
                            });
  }

private:
  Greeter::Stub& stub_;
  load& all_;
  std::unique_ptr<grpc::ClientContext> context_;
  HelloRequest request_;
  HelloReply reply_;
};

// One ping-pong stream.
class chat_stream final : public grpc::ClientBidiReactor<HelloRequest, HelloReply> {
public:
  chat_stream(Greeter::Stub& stub, load& all) : all_(all) {
    request_.set_name(all.name);
    stub.async()->Chat(&context_, this);
    StartWrite(&request_);
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (ok)
      StartRead(&reply_);
  }

  void OnReadDone(bool ok) override {
    if (!ok)
      return;
    if (reply_.message() == all_.expected)
      ++all_.count;
    else
      ++all_.errors;
    if (clock_type::now() >= all_.end)
      StartWritesDone();
    else
      StartWrite(&request_);
  }

  void OnWritesDoneDone(bool) override {
    // nop
  }

  void OnDone(const grpc::Status& status) override {
    if (!status.ok())
      ++all_.errors;
    all_.done();
  }

private:
  load& all_;
  grpc::ClientContext context_;
  HelloRequest request_;
  HelloReply reply_;
};

// One stream of requests.
class collect_stream final : public grpc::ClientWriteReactor<HelloRequest> {
public:
  collect_stream(Greeter::Stub& stub, load& all) : all_(all) {
    request_.set_name(all.name);
    stub.async()->Collect(&context_, &reply_, this);
    StartWrite(&request_);
    StartCall();
  }

  void OnWriteDone(bool ok) override {
    if (!ok)
      return;
    ++sent_;
    if (clock_type::now() >= all_.end)
      StartWritesDone();
    else
      StartWrite(&request_);
  }

  void OnDone(const grpc::Status& status) override {
    if (status.ok() && reply_.message() == std::to_string(sent_))
      all_.count += sent_;
    else
      ++all_.errors;
    all_.done();
  }

private:
  load& all_;
  grpc::ClientContext context_;
  HelloRequest request_;
  HelloReply reply_;
  uint64_t sent_ = 0;
};

std::string content_of(const char* path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc > 7) {
    std::cerr << "usage: grpc-client HOST:PORT unary|chat|collect IN_FLIGHT SECONDS "
                 "[BYTES [CA]]\n";
    return 2;
  }
  std::string kind = argv[2];
  auto in_flight = std::stoul(argv[3]);
  auto seconds = std::stoul(argv[4]);
  load all;
  all.name = argc > 5 ? std::string(std::stoul(argv[5]), 'x') : "John";
  all.expected = "Hello " + all.name;
  auto credentials = grpc::InsecureChannelCredentials();
  if (argc > 6) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = content_of(argv[6]);
    credentials = grpc::SslCredentials(options);
  }
  std::vector<std::unique_ptr<Greeter::Stub>> stubs;
  size_t connections = kind == "chat" && in_flight >= 8 ? 8 : 1;
  for (size_t i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(16 << 20);
    // Channels with equal arguments would share one connection.
    arguments.SetInt("mica.bench.connection", static_cast<int>(i));
    stubs.push_back(
        Greeter::NewStub(grpc::CreateCustomChannel(argv[1], credentials, arguments)));
  }
  all.open = in_flight;
  auto start = clock_type::now();
  all.end = start + std::chrono::seconds{seconds};
  std::vector<std::unique_ptr<unary_chain>> chains;
  std::vector<std::unique_ptr<chat_stream>> chats;
  std::vector<std::unique_ptr<collect_stream>> collects;
  for (size_t i = 0; i < in_flight; ++i) {
    auto& stub = *stubs[i % connections];
    if (kind == "unary")
      chains.push_back(std::make_unique<unary_chain>(stub, all));
    else if (kind == "chat")
      chats.push_back(std::make_unique<chat_stream>(stub, all));
    else if (kind == "collect")
      collects.push_back(std::make_unique<collect_stream>(stub, all));
    else
      return 2;
  }
  for (auto& x : chains)
    x->next();
  {
    std::unique_lock guard{all.mtx};
    all.changed.wait(guard, [&all] { return all.open == 0; });
  }
  auto elapsed = std::chrono::duration<double>(clock_type::now() - start).count();
  std::printf("c=%zu rps=%.0f errors=%llu\n", in_flight,
              double(all.count.load()) / elapsed,
              static_cast<unsigned long long>(all.errors.load()));
  return all.errors == 0 && all.count > 0 ? 0 : 1;
}
