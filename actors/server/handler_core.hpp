// What a shell does with a call, without the actor around it.

#pragma once

#include "mica/actors/handler.hpp"
#include "server/pending_call.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

/// Makes a handler's object.
using handler_factory = std::function<std::unique_ptr<handler>()>;

/// Decodes, runs the wrappers and the user's object, catches what it throws and
/// replaces it then. One call at a time; not thread-safe.
class handler_core {
public:
  /// Makes the first object: what its constructor throws comes out here.
  handler_core(handler_factory make, std::vector<handler_wrapper> wrappers,
               std::shared_ptr<server_environment> env);

  /// Decodes and runs one call. Afterwards it is answered, or deferred.
  void serve(const pending_call_ptr& call);

  /// Runs one call whose request is a message already.
  void serve(const pending_call_ptr& call, const google::protobuf::Message& request);

  /// Destroys the user's object; a later call would make a new one.
  void release() noexcept {
    object_.reset();
  }

  /// Told of every exception that left a handler, with its text.
  std::function<void(const std::string&)> on_failure;

  const service_descriptor& descriptor() const noexcept {
    return *descriptor_;
  }

private:
  /// The request object of a method, empty; kept between calls.
  google::protobuf::Message& request_of(const pending_call& call);

  bool replace_object(std::string& why);

  /// Counts the call and says whether it may run; answers it if not.
  bool admit(context& call, const pending_call& pending);

  /// Wrappers and object, with whatever they throw.
  void run(context& ctx, const pending_call& call,
           const google::protobuf::Message& request);

  handler_factory make_;
  std::unique_ptr<handler> object_;
  const service_descriptor* descriptor_;
  std::shared_ptr<server_environment> env_;
  /// The number of the method under way, for the innermost step of the chain.
  size_t method_ = 0;
  /// Empty without wrappers: then the object is called straight.
  handler_function chain_;
  std::vector<std::unique_ptr<google::protobuf::Message>> requests_;
};

} // namespace mica::detail
