#define CAF_SUITE reflection_index

#include "reflection/reflection_index.hpp"

#include "mica/grpc/health/v1/health.pb.h"
#include "reflection/public_files.hpp"

#include "reflected/extras.pb.h"
#include "reflected/shop.mica.hpp"

#include <google/protobuf/descriptor.pb.h>

#include <caf/test/unit_test.hpp>

using mica::detail::reflection_index;

namespace {

using request = reflection_index::request;
using response = reflection_index::response;
using strings = std::vector<std::string>;

struct fixture {
  fixture() {
    // Linked, or its file would not be known: nothing else refers to it.
    static_cast<void>(reflected::extras::color.number());
    index.add(reflected::shop_service::static_descriptor());
  }

  response ask(const request& what) {
    return index.answer(what, sent);
  }

  response ask_symbol(const std::string& name) {
    request what;
    what.set_file_containing_symbol(name);
    return ask(what);
  }

  response ask_file(const std::string& name) {
    request what;
    what.set_file_by_filename(name);
    return ask(what);
  }

  /// Names of the files of an answer, in order.
  static strings files(const response& answer) {
    strings result;
    for (const auto& bytes :
         answer.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      result.push_back(file.ParseFromString(bytes) ? file.name() : "no descriptor");
    }
    return result;
  }

  /// The first file of an answer.
  std::string file_of(const std::string& symbol) {
    auto all = files(ask_symbol(symbol));
    return all.empty() ? "none" : all.front();
  }

  /// `code text` of an answer that is an error.
  static std::string error(const response& answer) {
    if (!answer.has_error_response())
      return "no error";
    return std::to_string(answer.error_response().error_code()) + " "
           + answer.error_response().error_message();
  }

  reflection_index index;
  reflection_index::sent_files sent;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(reflection_index_tests, fixture)

  CAF_TEST(services are listed by full name and in order) {
    mica::service_descriptor early{"Early", "a.b", {}};
    index.add(early);
    mica::service_descriptor plain{"Plain", "", {}};
    index.add(plain);
    request what;
    what.set_host("here");
    what.set_list_services("*");
    auto answer = ask(what);
    strings names;
    for (const auto& service : answer.list_services_response().service())
      names.push_back(service.name());
    CAF_CHECK_EQUAL(names, (strings{"Plain", "a.b.Early", "reflected.Shop"}));
    CAF_CHECK_EQUAL(answer.valid_host(), "here");
    CAF_CHECK_EQUAL(answer.original_request().list_services(), "*");
  }

  CAF_TEST(a file comes with all that it imports and each of them once a stream) {
    CAF_CHECK_EQUAL(files(ask_file("reflected/shop.proto")),
                    (strings{"reflected/shop.proto", "google/protobuf/empty.proto",
                             "reflected/parts.proto"}));
    CAF_CHECK_EQUAL(files(ask_file("reflected/extras.proto")),
                    strings{"reflected/extras.proto"});
    // Asked for by name it comes again.
    CAF_CHECK_EQUAL(files(ask_file("reflected/parts.proto")),
                    strings{"reflected/parts.proto"});
    sent.clear();
    CAF_CHECK_EQUAL(files(ask_file("reflected/extras.proto")),
                    (strings{"reflected/extras.proto", "reflected/parts.proto"}));
  }

  CAF_TEST(fields have their JSON names) {
    auto answer = ask_symbol("reflected.Shop");
    CAF_REQUIRE(answer.has_file_descriptor_response());
    size_t fields = 0;
    for (const auto& bytes :
         answer.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      CAF_REQUIRE(file.ParseFromString(bytes));
      for (const auto& message : file.message_type())
        for (const auto& field : message.field()) {
          CAF_CHECK(!field.json_name().empty());
          ++fields;
        }
    }
    CAF_CHECK_GREATER(fields, 0u);
  }

  CAF_TEST(every kind of symbol is found in its file) {
    for (const char* name :
         {"reflected.Shop", "reflected.Shop.Buy", "reflected.Order",
          "reflected.Order.Line", "reflected.Order.Line.part",
          "reflected.Order.payment", "reflected.Order.Line.Unit",
          "reflected.Order.Line.METRE", "reflected.Speed", "reflected.FAST"})
      CAF_CHECK_EQUAL(file_of(name), "reflected/shop.proto");
    CAF_CHECK_EQUAL(file_of("reflected.parts.Part.name"), "reflected/parts.proto");
    CAF_CHECK_EQUAL(file_of("reflected.extras.color"), "reflected/extras.proto");
    CAF_CHECK_EQUAL(file_of("google.protobuf.Empty"), "google/protobuf/empty.proto");
  }

  CAF_TEST(what is not there is an answer that names it) {
    for (const char* name :
         {"", ".", "reflected", "reflected.", ".reflected.Order", "reflected.Order.",
          "reflected.Order..lines", "reflected.order", "reflected.Order.Line.part.name",
          "reflected.Shop.Buy.more", "reflected.Speed.FAST", "Order"})
      CAF_CHECK_EQUAL(error(ask_symbol(name)), "5 reflection: no symbol "
                                                   + std::string{name}
                                                   + " in this service");
    CAF_CHECK_EQUAL(error(ask_file("shop.proto")),
                    "5 reflection: no file shop.proto in this service");
    CAF_CHECK(sent.empty());
  }

  CAF_TEST(a request for nothing is refused in the answer) {
    CAF_CHECK_EQUAL(
        error(ask({})),
        "3 reflection: the request asks for nothing that this server knows; "
        "set one field of message_request");
  }

  CAF_TEST(extensions are found although no service imports their file) {
    request what;
    what.mutable_file_containing_extension()->set_containing_type(
        "reflected.parts.Part");
    what.mutable_file_containing_extension()->set_extension_number(120);
    CAF_CHECK_EQUAL(files(ask(what)),
                    (strings{"reflected/extras.proto", "reflected/parts.proto"}));
    what.mutable_file_containing_extension()->set_extension_number(111);
    CAF_CHECK_EQUAL(
        error(ask(what)),
        "5 reflection: no extension 111 of reflected.parts.Part in this service");
    what.mutable_file_containing_extension()->set_containing_type("reflected.Nobody");
    CAF_CHECK_EQUAL(
        error(ask(what)),
        "5 reflection: no extension 111 of reflected.Nobody in this service");
  }

  CAF_TEST(extension numbers come in order) {
    request what;
    what.set_all_extension_numbers_of_type("reflected.parts.Part");
    auto answer = ask(what);
    const auto& numbers = answer.all_extension_numbers_response();
    CAF_CHECK_EQUAL(numbers.base_type_name(), "reflected.parts.Part");
    CAF_CHECK_EQUAL((std::vector<int>{numbers.extension_number().begin(),
                                      numbers.extension_number().end()}),
                    (std::vector<int>{110, 120}));
    what.set_all_extension_numbers_of_type("reflected.Order");
    CAF_CHECK_EQUAL(ask(what).all_extension_numbers_response().extension_number_size(),
                    0);
    what.set_all_extension_numbers_of_type("reflected.Nobody");
    CAF_CHECK_EQUAL(error(ask(what)),
                    "5 reflection: no message reflected.Nobody in this service");
  }

  CAF_TEST(our own protocols are known by their public names) {
    google::protobuf::DescriptorPool pool;
    const auto* file = mica::detail::add_public_file(
        *mica::grpc::health::v1::HealthCheckRequest::descriptor()->file(),
        {"grpc.health.v1", "grpc/health/v1/health.proto"}, pool);
    CAF_REQUIRE(file != nullptr);
    index.add(*file->service(0));
    CAF_CHECK_EQUAL(index.services().count("grpc.health.v1.Health"), 1u);
    auto answer = ask_symbol("grpc.health.v1.HealthCheckResponse.ServingStatus");
    CAF_REQUIRE_EQUAL(files(answer), strings{"grpc/health/v1/health.proto"});
    auto text = file->DebugString();
    CAF_CHECK_EQUAL(text.find("mica"), std::string::npos);
    CAF_CHECK(text.find("rpc Watch(.grpc.health.v1.HealthCheckRequest) returns (stream "
                        ".grpc.health.v1.HealthCheckResponse);")
              != std::string::npos);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
