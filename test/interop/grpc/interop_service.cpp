#include "interop_service.hpp"

#include "mica/codecs/grpc_status.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace grpc::testing;

namespace {

constexpr auto initial_field = "x-grpc-test-echo-initial";
constexpr auto trailing_field = "x-grpc-test-echo-trailing-bin";

template <class Message>
void fill(Message& response, int32_t size) {
  response.mutable_payload()->mutable_body()->resize(static_cast<size_t>(size));
}

// The fields that "custom_metadata" wants back.
void echo(mica::context& call) {
  if (auto value = call.headers().get(initial_field))
    call.reply_headers().set(initial_field, *value);
  if (auto value = call.headers().get(trailing_field))
    call.reply_trailers().set(trailing_field, *value);
}

// The failure that a request asks for; "none" if it does not.
mica::error wanted_failure(const EchoStatus& status) {
  if (status.code() == 0)
    return {};
  return mica::grpc::make_error(static_cast<mica::grpc::status>(status.code()),
                                status.message());
}

mica::error invalid(std::string text) {
  return mica::grpc::make_error(mica::grpc::status::invalid_argument, std::move(text));
}

// What is wrong with a message that is not compressed as it says; "none" if it is.
template <class Request>
mica::error check(const Request& request, bool compressed) {
  if (!request.has_expect_compressed()
      || request.expect_compressed().value() == compressed)
    return {};
  return invalid(compressed
                     ? "the message is compressed, against expect_compressed"
                     : "the message is not compressed, against expect_compressed");
}

// Whether the next response shall be compressed; absent is no.
void compress(mica::context& call, const BoolValue& wanted) {
  call.compress(wanted.value() ? "gzip" : "identity");
}

// The response that one ResponseParameters asks for, when it is time for it.
StreamingOutputCallResponse next_response(mica::context& call,
                                          const ResponseParameters& wanted) {
  std::this_thread::sleep_for(std::chrono::microseconds{wanted.interval_us()});
  compress(call, wanted.compressed());
  StreamingOutputCallResponse result;
  fill(result, wanted.size());
  return result;
}

bool any_negative(const StreamingOutputCallRequest& request) {
  for (const auto& x : request.response_parameters())
    if (x.size() < 0)
      return true;
  return false;
}

} // namespace

mica::reply<Empty> interop_service::empty_call(mica::context&, const Empty&) {
  return Empty{};
}

mica::reply<SimpleResponse> interop_service::unary_call(mica::context& call,
                                                        const SimpleRequest& request) {
  if (auto failure = check(request, call.compressed()))
    return failure;
  compress(call, request.response_compressed());
  echo(call);
  if (auto failure = wanted_failure(request.response_status()))
    return failure;
  if (request.response_size() < 0)
    return invalid("a response of negative size was asked for");
  SimpleResponse response;
  fill(response, request.response_size());
  if (request.fill_server_id())
    response.set_server_id(std::string{call.service()});
  return response;
}

mica::reply<SimpleResponse>
interop_service::cacheable_unary_call(mica::context& call,
                                      const SimpleRequest& request) {
  return unary_call(call, request);
}

mica::task interop_service::streaming_output_call(
    mica::context& call, StreamingOutputCallRequest request,
    mica::stream<void, StreamingOutputCallResponse> peer) {
  if (any_negative(request)) {
    peer.fail(invalid("a response of negative size was asked for"));
    co_return;
  }
  for (const auto& wanted : request.response_parameters())
    if (!co_await peer.write(next_response(call, wanted)))
      co_return;
}

mica::task interop_service::streaming_input_call(
    mica::context&,
    mica::stream<StreamingInputCallRequest, StreamingInputCallResponse> peer) {
  size_t size = 0;
  while (auto request = co_await peer.read()) {
    if (auto failure = check(*request, peer.compressed())) {
      peer.fail(std::move(failure));
      co_return;
    }
    size += request->payload().body().size();
  }
  if (peer.failure())
    co_return;
  StreamingInputCallResponse response;
  response.set_aggregated_payload_size(static_cast<int32_t>(size));
  peer.write(response);
}

mica::task interop_service::full_duplex_call(
    mica::context& call,
    mica::stream<StreamingOutputCallRequest, StreamingOutputCallResponse> peer) {
  echo(call);
  while (auto request = co_await peer.read()) {
    auto failure = wanted_failure(request->response_status());
    if (!failure && any_negative(*request))
      failure = invalid("a response of negative size was asked for");
    if (failure) {
      peer.fail(std::move(failure));
      co_return;
    }
    for (const auto& wanted : request->response_parameters())
      if (!co_await peer.write(next_response(call, wanted)))
        co_return;
  }
}

mica::task interop_service::half_duplex_call(
    mica::context& call,
    mica::stream<StreamingOutputCallRequest, StreamingOutputCallResponse> peer) {
  std::vector<ResponseParameters> all;
  while (auto request = co_await peer.read()) {
    if (any_negative(*request)) {
      peer.fail(invalid("a response of negative size was asked for"));
      co_return;
    }
    for (const auto& wanted : request->response_parameters())
      all.push_back(wanted);
  }
  for (const auto& wanted : all)
    if (!co_await peer.write(next_response(call, wanted)))
      co_return;
}
