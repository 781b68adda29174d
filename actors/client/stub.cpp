#include "client/client_side.hpp"
#include "mica/actors/service.hpp"
#include "runtime/runtime.hpp"
#include "runtime/service_impl.hpp"
#include "stream/blocking.hpp"

#include <google/protobuf/message.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace mica {

namespace {

// Where a blocked thread gets its continuations from.
class inbox {
public:
  void post(std::function<void()> run) {
    std::lock_guard guard{mtx_};
    queue_.push_back(std::move(run));
    changed_.notify_one();
  }

  std::function<void()> take() {
    std::unique_lock guard{mtx_};
    changed_.wait(guard, [this] { return !queue_.empty(); });
    auto result = std::move(queue_.front());
    queue_.pop_front();
    return result;
  }

private:
  std::mutex mtx_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
};

} // namespace

client_stub::client_stub(service& via, std::string name)
  : via_(&via),
    name_(std::move(name)) {
  // nop
}

expected<void> client_stub::call(const method_descriptor& method,
                                 const google::protobuf::Message& request,
                                 google::protobuf::Message& response,
                                 const call_options& options) const {
  if (!detail::may_block())
    return error{errc::would_block,
                 "a blocking call to " + name_ + " " + std::string{method.endpoint}
                     + " on an actor's thread; pass the context or the actor and a "
                       "continuation",
                 "go.micro.client"};
  auto client = via_->impl().client();
  if (!client)
    return client.error();
  // Shared: a wrapper may post after the call has ended.
  auto box = std::make_shared<inbox>();
  auto from = detail::client_side::make_caller(
      [box](std::function<void()> run) { box->post(std::move(run)); });
  client_request what{
      name_, std::string{method.endpoint}, &method, &request, &response, options, from};
  std::optional<expected<void>> result;
  (*client)->run(what, [&result](expected<void> x) { result = std::move(x); });
  while (!result)
    box->take()();
  return std::move(*result);
}

void client_stub::call(
    caller from, const method_descriptor& method,
    const google::protobuf::Message& request,
    std::unique_ptr<google::protobuf::Message> response, const call_options& options,
    std::function<void(expected<void>, google::protobuf::Message&)> done) const {
  auto client = via_->impl().client();
  if (!client) {
    done(client.error(), *response);
    return;
  }
  auto state = std::make_shared<detail::async_call>();
  state->response = std::move(response);
  state->done = std::move(done);
  state->request = {name_,          std::string{method.endpoint}, &method,
                    &request,       state->response.get(),        options,
                    std::move(from)};
  (*client)->run_async(state);
}

detail::stream_ptr client_stub::open(caller from, const method_descriptor& method,
                                     const google::protobuf::Message* request,
                                     const call_options& options) const {
  auto client = via_->impl().client();
  if (!client)
    return detail::failed_stream(client.error());
  return (*client)->open(name_, method, request, options, std::move(from));
}

detail::blocking_ptr
client_stub::open_blocking(const method_descriptor& method,
                           const google::protobuf::Message* request,
                           const call_options& options) const {
  if (!detail::may_block())
    return detail::make_blocking(detail::failed_stream(
        {errc::would_block,
         "a blocking call to " + name_ + " " + std::string{method.endpoint}
             + " on an actor's thread; pass the context or the actor",
         "go.micro.client"}));
  auto client = via_->impl().client();
  if (!client)
    return detail::make_blocking(detail::failed_stream(client.error()));
  auto home = std::make_shared<detail::blocking_home>();
  return detail::make_blocking(
      (*client)->open(name_, method, request, options, caller{}, home), home);
}

} // namespace mica
