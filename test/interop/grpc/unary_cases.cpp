#include "cases.hpp"

#include "mica/codecs/grpc_status.hpp"

using namespace grpc::testing;

namespace {

constexpr auto initial_field = "x-grpc-test-echo-initial";
constexpr auto initial_value = std::string_view{"test_initial_metadata_value"};
constexpr auto trailing_field = "x-grpc-test-echo-trailing-bin";
constexpr auto trailing_value = std::string_view{"\xab\xab\xab"};

// Methods that the server does not have: no .proto of ours names them.
class unimplemented_client : public mica::client_stub {
public:
  using client_stub::client_stub;

  mica::error call(std::string_view package, std::string_view endpoint,
                   const mica::call_options& options) const {
    mica::method_descriptor method{
        .name = "UnimplementedCall",
        .endpoint = endpoint,
        .request = &Empty::default_instance(),
        .response = &Empty::default_instance(),
        .package = package,
    };
    auto result = client_stub::call<Empty>(method, Empty{}, options);
    return result ? mica::error{} : result.error();
  }
};

void empty_unary(const case_peer& peer) {
  auto response = peer.stub.empty_call(Empty{}, peer.options);
  expect("bytes of the response", size_t{0},
         value_of("EmptyCall", response).ByteSizeLong());
}

void large_unary(const case_peer& peer) {
  auto response = peer.stub.unary_call(large_request(), peer.options);
  const auto& body = value_of("UnaryCall", response).payload().body();
  expect("the body is zeros", true, body == std::string(large_response_size, '\0'));
}

void custom_metadata(const case_peer& peer) {
  auto options = peer.options;
  options.headers = echo_fields();
  mica::metadata headers;
  mica::metadata trailers;
  options.on_metadata = [&](const mica::metadata& front, const mica::metadata& behind) {
    headers = front;
    trailers = behind;
  };
  auto response = peer.stub.unary_call(large_request(), options);
  expect("size", large_response_size,
         value_of("UnaryCall", response).payload().body().size());
  expect_echo(headers, trailers);

  auto stream = peer.stub.full_duplex_call(options);
  StreamingOutputCallRequest request;
  request.add_response_parameters()->set_size(
      static_cast<int32_t>(large_response_size));
  *request.mutable_payload() = zeros(large_request_size);
  send(stream, request);
  stream.end();
  auto message = stream.read();
  expect("there is a response", true, message.has_value());
  expect("size", large_response_size, message->payload().body().size());
  expect("there is another response", false, stream.read().has_value());
  expect_success("FullDuplexCall", stream.finish());
  expect_echo(stream.headers(), stream.trailers());
}

void status_code_and_message(const case_peer& peer) {
  constexpr auto text = "test status message";
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(text);
  auto response = peer.stub.unary_call(request, peer.options);
  expect("the call failed", false, static_cast<bool>(response));
  expect_status("UnaryCall", 2, response.error(), text);

  auto stream = peer.stub.full_duplex_call(peer.options);
  StreamingOutputCallRequest message;
  *message.mutable_response_status() = request.response_status();
  send(stream, message);
  stream.end();
  expect("there is a response", false, stream.read().has_value());
  auto outcome = stream.finish();
  expect("the stream failed", false, static_cast<bool>(outcome));
  expect_status("FullDuplexCall", 2, outcome.error(), text);
}

void special_status_message(const case_peer& peer) {
  // A smiling face and a smiling devil, of three and of four bytes.
  constexpr auto text = "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and "
                        "non-BMP \xf0\x9f\x98\x88\t\n";
  SimpleRequest request;
  request.mutable_response_status()->set_code(2);
  request.mutable_response_status()->set_message(text);
  auto response = peer.stub.unary_call(request, peer.options);
  expect("the call failed", false, static_cast<bool>(response));
  expect_status("UnaryCall", 2, response.error(), text);
}

void unimplemented_method(const case_peer& peer) {
  unimplemented_client stub{peer.service, peer.stub.service_name()};
  expect_status(
      "UnimplementedCall", 12,
      stub.call("grpc.testing", "TestService.UnimplementedCall", peer.options));
}

void unimplemented_service(const case_peer& peer) {
  unimplemented_client stub{peer.service, peer.stub.service_name()};
  expect_status("UnimplementedCall", 12,
                stub.call("grpc.testing", "UnimplementedService.UnimplementedCall",
                          peer.options));
}

} // namespace

void add_unary_cases(case_table& to) {
  to["empty_unary"] = empty_unary;
  to["large_unary"] = large_unary;
  to["custom_metadata"] = custom_metadata;
  to["status_code_and_message"] = status_code_and_message;
  to["special_status_message"] = special_status_message;
  to["unimplemented_method"] = unimplemented_method;
  to["unimplemented_service"] = unimplemented_service;
}

void expect_status(std::string_view what, int wanted, const mica::error& failure,
                   std::string_view text) {
  auto got = static_cast<int>(mica::grpc::status_of(failure));
  if (got != wanted)
    throw case_failed{std::string{what} + ": expected status " + std::to_string(wanted)
                      + ", got " + std::to_string(got) + ", "
                      + mica::to_string(failure)};
  if (!text.empty())
    expect(std::string{what} + "'s text", text, std::string_view{failure.detail});
}

mica::metadata echo_fields() {
  return {{initial_field, initial_value}, {trailing_field, trailing_value}};
}

void expect_echo(const mica::metadata& headers, const mica::metadata& trailers) {
  expect(initial_field, initial_value, headers.get_or(initial_field, "none"));
  expect(trailing_field, trailing_value, trailers.get_or(trailing_field, "none"));
}

Payload zeros(size_t size) {
  Payload result;
  result.mutable_body()->resize(size);
  return result;
}

SimpleRequest large_request() {
  SimpleRequest result;
  result.set_response_size(static_cast<int32_t>(large_response_size));
  *result.mutable_payload() = zeros(large_request_size);
  return result;
}
