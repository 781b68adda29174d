#include "cases.hpp"

#include <array>
#include <random>
#include <utility>

using namespace grpc::testing;

namespace {

constexpr int invalid_argument = 3;

mica::call_options compressed(mica::call_options options) {
  options.compression = "gzip";
  return options;
}

StreamingInputCallRequest compressible(size_t size) {
  StreamingInputCallRequest result;
  *result.mutable_payload() = zeros(size);
  result.mutable_expect_compressed()->set_value(true);
  return result;
}

// A call compresses all that gets smaller by it: noise stays as it is.
StreamingInputCallRequest incompressible(size_t size) {
  StreamingInputCallRequest result;
  std::mt19937 noise;
  auto& body = *result.mutable_payload()->mutable_body();
  for (size_t i = 0; i < size; ++i)
    body.push_back(static_cast<char>(noise()));
  result.mutable_expect_compressed()->set_value(false);
  return result;
}

void client_compressed_unary(const case_peer& peer) {
  // The probe: a server that doesn't look at the flag answers it.
  auto request = large_request();
  request.mutable_expect_compressed()->set_value(true);
  auto probe = peer.stub.unary_call(request, peer.options);
  expect("the probe failed", false, static_cast<bool>(probe));
  expect_status("UnaryCall", invalid_argument, probe.error());

  for (bool compress : {true, false}) {
    request.mutable_expect_compressed()->set_value(compress);
    auto response = peer.stub.unary_call(request, compress ? compressed(peer.options)
                                                           : peer.options);
    expect("size", large_response_size,
           value_of("UnaryCall", response).payload().body().size());
  }
}

void server_compressed_unary(const case_peer& peer) {
  auto request = large_request();
  for (bool compress : {true, false}) {
    request.mutable_response_compressed()->set_value(compress);
    auto options = peer.options;
    std::string coding;
    options.on_metadata = [&](const mica::metadata& front, const mica::metadata&) {
      coding = front.get_or("grpc-encoding", "identity");
    };
    auto response = peer.stub.unary_call(request, options);
    expect("size", large_response_size,
           value_of("UnaryCall", response).payload().body().size());
    // An answer's coding is that of its single message.
    expect<std::string>("coding", compress ? "gzip" : "identity", coding);
  }
}

void client_compressed_streaming(const case_peer& peer) {
  auto probe = peer.stub.streaming_input_call(peer.options);
  probe.write(compressible(27'182));
  probe.end();
  auto outcome = probe.finish();
  expect("the probe failed", false, static_cast<bool>(outcome));
  expect_status("StreamingInputCall", invalid_argument, outcome.error());

  auto stream = peer.stub.streaming_input_call(compressed(peer.options));
  send(stream, compressible(27'182));
  send(stream, incompressible(45'904));
  stream.end();
  auto response = stream.read();
  expect_success("StreamingInputCall", stream.finish());
  expect("there is a response", true, response.has_value());
  expect("size", 27'182 + 45'904, response->aggregated_payload_size());
}

void server_compressed_streaming(const case_peer& peer) {
  constexpr auto wanted = std::array{std::pair{31'415, true}, std::pair{92'653, false}};
  StreamingOutputCallRequest request;
  for (auto [size, compress] : wanted) {
    auto* parameters = request.add_response_parameters();
    parameters->set_size(size);
    parameters->mutable_compressed()->set_value(compress);
  }
  auto stream = peer.stub.streaming_output_call(request, peer.options);
  for (auto [size, compress] : wanted) {
    auto response = stream.read();
    expect("there is a response", true, response.has_value());
    expect("size", static_cast<size_t>(size), response->payload().body().size());
    expect("the response is compressed", compress, stream.compressed());
  }
  expect("there is another response", false, stream.read().has_value());
  expect_success("StreamingOutputCall", stream.finish());
}

} // namespace

void add_compression_cases(case_table& to) {
  to["client_compressed_unary"] = client_compressed_unary;
  to["server_compressed_unary"] = server_compressed_unary;
  to["client_compressed_streaming"] = client_compressed_streaming;
  to["server_compressed_streaming"] = server_compressed_streaming;
}
