#include "cases.hpp"

#include <iterator>
#include <numeric>

using namespace grpc::testing;

namespace {

constexpr int cancelled = 1;
constexpr int deadline_exceeded = 4;

StreamingOutputCallRequest duplex_request(size_t request_size, size_t response_size) {
  StreamingOutputCallRequest result;
  result.add_response_parameters()->set_size(static_cast<int32_t>(response_size));
  *result.mutable_payload() = zeros(request_size);
  return result;
}

template <class Stream>
size_t read_size(const Stream& from) {
  auto message = from.read();
  if (!message)
    throw case_failed{"no response: " + mica::to_string(from.failure())};
  return message->payload().body().size();
}

void client_streaming(const case_peer& peer) {
  auto stream = peer.stub.streaming_input_call(peer.options);
  for (auto size : request_sizes) {
    StreamingInputCallRequest request;
    *request.mutable_payload() = zeros(size);
    send(stream, request);
  }
  stream.end();
  auto response = stream.read();
  expect_success("StreamingInputCall", stream.finish());
  expect("there is a response", true, response.has_value());
  expect("size",
         std::accumulate(std::begin(request_sizes), std::end(request_sizes), size_t{0}),
         static_cast<size_t>(response->aggregated_payload_size()));
}

void server_streaming(const case_peer& peer) {
  StreamingOutputCallRequest request;
  for (auto size : response_sizes)
    request.add_response_parameters()->set_size(static_cast<int32_t>(size));
  auto stream = peer.stub.streaming_output_call(request, peer.options);
  for (auto size : response_sizes)
    expect("size", size, read_size(stream));
  expect("there is another response", false, stream.read().has_value());
  expect_success("StreamingOutputCall", stream.finish());
}

void ping_pong(const case_peer& peer) {
  auto stream = peer.stub.full_duplex_call(peer.options);
  for (size_t i = 0; i < std::size(request_sizes); ++i) {
    send(stream, duplex_request(request_sizes[i], response_sizes[i]));
    expect("size", response_sizes[i], read_size(stream));
  }
  stream.end();
  expect("there is another response", false, stream.read().has_value());
  expect_success("FullDuplexCall", stream.finish());
}

void empty_stream(const case_peer& peer) {
  auto stream = peer.stub.full_duplex_call(peer.options);
  stream.end();
  expect("there is a response", false, stream.read().has_value());
  expect_success("FullDuplexCall", stream.finish());
}

void cancel_after_begin(const case_peer& peer) {
  auto stream = peer.stub.streaming_input_call(peer.options);
  stream.cancel();
  auto outcome = stream.finish();
  expect("the stream failed", false, static_cast<bool>(outcome));
  expect_status("StreamingInputCall", cancelled, outcome.error());
}

void cancel_after_first_response(const case_peer& peer) {
  auto stream = peer.stub.full_duplex_call(peer.options);
  send(stream, duplex_request(request_sizes[0], response_sizes[0]));
  expect("size", response_sizes[0], read_size(stream));
  stream.cancel();
  auto outcome = stream.finish();
  expect("the stream failed", false, static_cast<bool>(outcome));
  expect_status("FullDuplexCall", cancelled, outcome.error());
}

void timeout_on_sleeping_server(const case_peer& peer) {
  auto options = peer.options;
  options.deadline = std::chrono::milliseconds{1};
  auto stream = peer.stub.full_duplex_call(options);
  StreamingOutputCallRequest request;
  *request.mutable_payload() = zeros(27'182);
  // May come too late already.
  stream.write(request);
  expect("there is a response", false, stream.read().has_value());
  expect_status("FullDuplexCall", deadline_exceeded, stream.failure());
}

} // namespace

void add_stream_cases(case_table& to) {
  to["client_streaming"] = client_streaming;
  to["server_streaming"] = server_streaming;
  to["ping_pong"] = ping_pong;
  to["empty_stream"] = empty_stream;
  to["cancel_after_begin"] = cancel_after_begin;
  to["cancel_after_first_response"] = cancel_after_first_response;
  to["timeout_on_sleeping_server"] = timeout_on_sleeping_server;
}
