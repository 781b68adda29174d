// What a shell does with a call, without the actor around it.

#pragma once

#include "mica/actors/handler.hpp"
#include "mica/actors/wrapper.hpp"
#include "server/pending_call.hpp"
#include "stream/message_steps.hpp"
#include "stream/server_stream.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
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
               std::shared_ptr<server_environment> env,
               const std::vector<stream_wrapper>& stream_wrappers = {});
  handler_core(const handler_core&) = delete;
  handler_core& operator=(const handler_core&) = delete;
  ~handler_core();

  /// Decodes and runs one call. Afterwards it is answered, or deferred.
  void serve(const pending_call_ptr& call);

  /// Runs one call whose request is a message already.
  void serve(const pending_call_ptr& call, const google::protobuf::Message& request);

  /// Goes on with a call that a wrapper had put off; if it is over, runs `dropped`.
  void resume(const pending_call_ptr& call, const std::function<void(context&)>& step,
              const std::function<void()>& dropped);

  /// Takes a call with a stream and keeps it until it is over.
  void open(const std::shared_ptr<server_stream>& stream);

  // -- for the streams it keeps ------------------------------------------------------

  /// What wraps the messages of a stream; null for nothing.
  std::unique_ptr<message_steps> steps_for(const pending_call& call) const;

  /// Wrappers and the method of a stream whose request is complete.
  void start(server_stream& stream);

  /// The code behind a stream threw: as for calls.
  void stream_threw(server_stream& stream, const std::exception_ptr& what) noexcept;

  /// The stream is over; this may be the end of it.
  void gone(server_stream& stream);

  /// Ends the streams and destroys the user's object; a later call would make a new
  /// one.
  void release() noexcept;

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

  /// The same for any part of the way.
  template <class F>
  void guarded(context& ctx, const pending_call& call, F f);

  /// The user's object, or its method for the stream that is being opened.
  void call_object(context& call, const google::protobuf::Message& request);

  /// Reports what left the user's code, which fails `call`; `culprit` is replaced.
  void threw(context& call, const std::exception_ptr& what, const handler* culprit);

  handler_factory make_;
  /// Shared with the streams that it has open.
  std::shared_ptr<handler> object_;
  const service_descriptor* descriptor_;
  std::shared_ptr<server_environment> env_;
  /// The stream that is being opened; null for a unary call.
  server_stream* opening_ = nullptr;
  std::unordered_map<const server_stream*, std::shared_ptr<server_stream>> streams_;
  /// Empty without wrappers: then the object is called straight.
  handler_function chain_;
  /// Null without wrappers.
  std::shared_ptr<const stream_function> message_chain_;
  std::vector<std::unique_ptr<google::protobuf::Message>> requests_;
};

} // namespace mica::detail
