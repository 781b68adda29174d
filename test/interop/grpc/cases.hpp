// The client's side of gRPC's interop cases.

#pragma once

#include "test.mica.hpp"

#include "mica/actors/service.hpp"

#include <chrono>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

/// What a case needs. A case returns, or throws `case_failed`.
struct case_peer {
  mica::service& service;
  const grpc::testing::test_client& stub;
  /// The server's address, and a deadline that no working case reaches.
  mica::call_options options;
};

/// Says what was expected and what came.
struct case_failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using case_function = void (*)(const case_peer& peer);

/// By the official names.
using case_table = std::map<std::string_view, case_function>;

void add_unary_cases(case_table& to);
void add_stream_cases(case_table& to);
void add_compression_cases(case_table& to);

template <class T>
void expect(std::string_view what, const T& wanted, const T& got) {
  if (wanted == got)
    return;
  std::ostringstream text;
  text << what << ": expected " << wanted << ", got " << got;
  throw case_failed{text.str()};
}

inline void expect_success(std::string_view what, const mica::expected<void>& result) {
  if (!result)
    throw case_failed{std::string{what} + ": " + to_string(result.error())};
}

template <class T>
const T& value_of(std::string_view what, const mica::expected<T>& result) {
  if (!result)
    throw case_failed{std::string{what} + ": " + to_string(result.error())};
  return *result;
}

/// Fails, with the stream's own reason, unless the message can be sent.
template <class Stream, class Message>
void send(const Stream& to, const Message& message) {
  if (!to.write(message))
    throw case_failed{"the stream is over: " + mica::to_string(to.failure())};
}

/// Fails unless `failure` travelled as `wanted`, a gRPC status code, with this text
/// (any, if empty).
void expect_status(std::string_view what, int wanted, const mica::error& failure,
                   std::string_view text = {});

/// Fails unless the case "custom_metadata"'s fields came back.
void expect_echo(const mica::metadata& headers, const mica::metadata& trailers);

/// The fields of the case "custom_metadata".
mica::metadata echo_fields();

/// A payload of zeros.
grpc::testing::Payload zeros(size_t size);

/// The request of the large cases.
grpc::testing::SimpleRequest large_request();

// The sizes that the descriptions give.
inline constexpr size_t large_request_size = 271'828;
inline constexpr size_t large_response_size = 314'159;
inline constexpr size_t request_sizes[] = {27'182, 8, 1'828, 45'904};
inline constexpr size_t response_sizes[] = {31'415, 9, 2'653, 58'979};
