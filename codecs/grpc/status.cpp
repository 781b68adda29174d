#include "mica/codecs/grpc_status.hpp"

#include "grpc/details.hpp"

#include <array>
#include <utility>

namespace mica::grpc {

namespace {

constexpr auto names = std::array<std::string_view, 17>{"OK",
                                                        "CANCELLED",
                                                        "UNKNOWN",
                                                        "INVALID_ARGUMENT",
                                                        "DEADLINE_EXCEEDED",
                                                        "NOT_FOUND",
                                                        "ALREADY_EXISTS",
                                                        "PERMISSION_DENIED",
                                                        "RESOURCE_EXHAUSTED",
                                                        "FAILED_PRECONDITION",
                                                        "ABORTED",
                                                        "OUT_OF_RANGE",
                                                        "UNIMPLEMENTED",
                                                        "INTERNAL",
                                                        "UNAVAILABLE",
                                                        "DATA_LOSS",
                                                        "UNAUTHENTICATED"};

// By value of errc. docs/errors.md is checked against this table by a test.
constexpr auto by_reason = std::array<status, 21>{
    status::ok,
    status::invalid_argument,
    status::unauthenticated,
    status::permission_denied,
    status::not_found,
    status::unimplemented,
    status::not_found,
    status::unavailable,
    status::deadline_exceeded,
    status::cancelled,
    status::already_exists,
    status::resource_exhausted,
    status::unimplemented,
    status::internal,
    status::unavailable,
    status::unavailable,
    status::unavailable,
    status::unavailable,
    status::internal,
    status::unimplemented,
    status::internal,
};

// Codes that no errc has for its own: Go Micro's table, completed by gRPC's mapping to
// HTTP read backwards.
status by_code(int code) noexcept {
  switch (code) {
    case 405:
      return status::unimplemented;
    case 412:
      return status::failed_precondition;
    case 414:
    case 429:
    case 431:
      return status::resource_exhausted;
    case 416:
      return status::out_of_range;
    case 499:
      return status::cancelled;
    case 502:
      return status::unavailable;
    case 504:
      return status::deadline_exceeded;
    default:
      return status::unknown;
  }
}

// The error that a peer's status stands for when it says nothing more.
error plain_error(status code, std::string text, std::string where) {
  switch (code) {
    case status::cancelled:
      return {errc::cancelled, std::move(text), std::move(where)};
    case status::unknown: {
      // What a handler's ordinary error looks like, as in Micro-Error.
      error result;
      result.reason = errc::internal;
      result.detail = std::move(text);
      result.id = std::move(where);
      return result;
    }
    case status::invalid_argument:
    case status::out_of_range:
      return {errc::invalid_argument, std::move(text), std::move(where)};
    case status::deadline_exceeded:
      return {errc::timeout, std::move(text), std::move(where)};
    case status::not_found:
      return {errc::not_found, std::move(text), std::move(where)};
    case status::already_exists:
    case status::aborted:
      return {errc::conflict, std::move(text), std::move(where)};
    case status::permission_denied:
      return {errc::permission_denied, std::move(text), std::move(where)};
    case status::resource_exhausted:
      return {429, std::move(text), std::move(where)};
    case status::failed_precondition:
      return {412, std::move(text), std::move(where)};
    case status::unimplemented:
      return {errc::unimplemented, std::move(text), std::move(where)};
    case status::unavailable:
      return {errc::unavailable, std::move(text), std::move(where)};
    case status::unauthenticated:
      return {errc::unauthenticated, std::move(text), std::move(where)};
    default:
      return {errc::internal, std::move(text), std::move(where)};
  }
}

} // namespace

std::string to_string(status code) {
  auto index = static_cast<size_t>(code);
  return index < names.size() ? std::string{names[index]} : std::to_string(index);
}

status status_of(const error& x) {
  if (!x)
    return status::ok;
  if (!x.details.empty())
    if (auto told = decode_status(x.details); told && told->code != 0)
      return static_cast<status>(told->code);
  if (x.code == 0)
    return status::unknown;
  auto index = static_cast<size_t>(x.reason);
  if (x.reason != errc::none && index < by_reason.size()
      && http_status(x.reason) == x.code)
    return by_reason[index];
  return by_code(x.code);
}

error make_error(status code, std::string text, std::vector<detail> details,
                 std::string where) {
  auto result = plain_error(code, std::move(text), std::move(where));
  if (!details.empty() || status_of(result) != code)
    result.details = encode({static_cast<uint32_t>(code), {}, std::move(details)});
  return result;
}

std::vector<detail> details_of(const error& x) {
  auto told = x.details.empty() ? std::nullopt : decode_status(x.details);
  return told ? std::move(told->details) : std::vector<detail>{};
}

status status_from_http(int http_status) noexcept {
  switch (http_status) {
    case 400:
      return status::internal;
    case 401:
      return status::unauthenticated;
    case 403:
      return status::permission_denied;
    case 404:
      return status::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return status::unavailable;
    default:
      return status::unknown;
  }
}

} // namespace mica::grpc
