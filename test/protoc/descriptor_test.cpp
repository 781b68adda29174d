#define CAF_SUITE generated_descriptor

#include "imports.mica.hpp"
#include "levels.mica.hpp"
#include "many.mica.hpp"
#include "names.mica.hpp"
#include "only_messages.mica.hpp"
#include "shared/deep.mica.hpp"
#include "shared/types.mica.hpp"

#include <caf/test/unit_test.hpp>

using mica::idempotency;
using mica::service_descriptor;

namespace {

using strings = std::vector<std::string>;

strings endpoints(const service_descriptor& service) {
  strings result;
  for (const auto& method : service.methods)
    result.emplace_back(method.endpoint);
  return result;
}

/// `Request -> Response` of a method, with protobuf's full names.
std::string types(const service_descriptor& service, size_t number) {
  const auto& method = service.methods[number];
  return method.request->GetTypeName() + " -> " + method.response->GetTypeName();
}

} // namespace

CAF_TEST(a service is described by the names of its file) {
  const auto& levels = level_keeper_service::static_descriptor();
  CAF_CHECK_EQUAL(levels.name, "LevelKeeper");
  CAF_CHECK_EQUAL(levels.package, "");
  CAF_CHECK_EQUAL(endpoints(levels),
                  (strings{"LevelKeeper.Unknown", "LevelKeeper.Safe",
                           "LevelKeeper.Repeatable", "LevelKeeper.Old"}));
  const auto& importer = imports::mica::importer_service::static_descriptor();
  CAF_CHECK_EQUAL(importer.name, "Importer");
  CAF_CHECK_EQUAL(importer.package, "imports.mica");
  CAF_CHECK_EQUAL(importer.methods[2].name, "WellKnown");
  CAF_CHECK_EQUAL(importer.methods[2].endpoint, "Importer.WellKnown");
}

CAF_TEST(the service part of an endpoint is spelled as Go spells it) {
  const auto& lower = names::lower_case_service::static_descriptor();
  CAF_CHECK_EQUAL(lower.name, "lower_case");
  CAF_CHECK_EQUAL(endpoints(lower), strings{"LowerCase.ping"});
  CAF_CHECK_EQUAL(endpoints(names::service_service::static_descriptor()),
                  strings{"Service.Ping"});
  CAF_CHECK_EQUAL(names::clash_service::static_descriptor().methods[0].endpoint,
                  "ClashService.SayHello");
}

CAF_TEST(idempotency levels come from the file) {
  const auto& levels = level_keeper_service::static_descriptor();
  CAF_CHECK(levels.methods[0].level == idempotency::unknown);
  CAF_CHECK(levels.methods[1].level == idempotency::no_side_effects);
  CAF_CHECK(levels.methods[2].level == idempotency::idempotent);
  CAF_CHECK(levels.methods[3].level == idempotency::unknown);
}

CAF_TEST(prototypes are of the named types wherever these come from) {
  const auto& levels = level_keeper_service::static_descriptor();
  CAF_CHECK_EQUAL(types(levels, 1), "google.protobuf.Empty -> Level");
  CAF_CHECK_EQUAL(types(levels, 3), "Level -> Level.Detail");
  const auto& importer = imports::mica::importer_service::static_descriptor();
  CAF_CHECK_EQUAL(types(importer, 0), "shared.Outer.Inner -> shared.Outer.delete");
  CAF_CHECK_EQUAL(types(importer, 1),
                  "shared.deep.Deep.Inner.Innermost -> shared.deep.Deep");
  CAF_CHECK_EQUAL(types(importer, 2),
                  "google.protobuf.Empty -> google.protobuf.Timestamp");
  CAF_CHECK_EQUAL(types(importer, 4), "only_messages.Note -> imports.mica.context");
  const auto& keeper = shared::types_service::static_descriptor();
  CAF_CHECK_EQUAL(types(keeper, 0), "shared.Outer -> shared.Outer.Inner");
}

CAF_TEST(prototypes make messages of the generated classes) {
  const auto& levels = level_keeper_service::static_descriptor();
  std::unique_ptr<google::protobuf::Message> made{levels.methods[0].request->New()};
  CAF_CHECK(dynamic_cast<Level*>(made.get()) != nullptr);
}

CAF_TEST(a service without methods has an empty description) {
  const auto& nothing = names::nothing_service::static_descriptor();
  CAF_CHECK_EQUAL(nothing.name, "Nothing");
  CAF_CHECK(nothing.methods.empty());
}

CAF_TEST(two hundred methods keep their order) {
  const auto& many = many::many_service::static_descriptor();
  CAF_REQUIRE_EQUAL(many.methods.size(), 200u);
  for (size_t i = 0; i < many.methods.size(); ++i)
    CAF_CHECK_EQUAL(many.methods[i].endpoint, "Many.Method" + std::to_string(i));
}
