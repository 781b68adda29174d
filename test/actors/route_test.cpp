#define CAF_SUITE route

#include "client/route.hpp"

#include <caf/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace mica;
using namespace mica::detail;

namespace {

discovery::node node(discovery::labels labels) {
  return {"n", "h:1", std::move(labels)};
}

constexpr auto any = protocol_choice::automatic;

} // namespace

CAF_TEST(the best that a node announces is spoken unless the caller says otherwise) {
  struct row {
    discovery::labels labels;
    protocol_choice choice;
    dialect speaks;
  };
  std::vector<row> rows{
      // mica
      {{{"protocol", "mucp"}, {"mica-protocols", "grpc,mucp,http"}},
       any,
       dialect::grpc},
      {{{"protocol", "grpc"}, {"mica-protocols", "grpc,mucp,http"}},
       any,
       dialect::grpc},
      {{{"protocol", "mucp"}, {"mica-protocols", "mucp,http"}}, any, dialect::mucp},
      {{{"protocol", "mucp"}, {"mica-protocols", "xgrpc,grpcx"}}, any, dialect::mucp},
      {{{"protocol", "mucp"}, {"mica-protocols", "grpc,mucp,http"}},
       protocol_choice::mucp,
       dialect::mucp},
      {{{"protocol", "mucp"}, {"mica-protocols", "mucp,http"}},
       protocol_choice::grpc,
       dialect::grpc},
      // Go Micro
      {{{"protocol", "grpc"}}, any, dialect::grpc_go_micro},
      {{{"protocol", "grpc"}}, protocol_choice::mucp, dialect::mucp},
      {{{"protocol", "mucp"}}, any, dialect::mucp},
      {{{"protocol", "mucp"}}, protocol_choice::grpc, dialect::grpc},
      {{}, any, dialect::mucp_legacy},
      {{}, protocol_choice::grpc, dialect::grpc},
  };
  for (const auto& x : rows) {
    auto where = route_to(node(x.labels), x.choice, false);
    CAF_CHECK(where.speaks == x.speaks);
    CAF_CHECK_EQUAL(where.to.address, "h:1");
    CAF_CHECK(!where.to.secure);
    CAF_CHECK_EQUAL(where.over_http2(),
                    x.speaks == dialect::grpc || x.speaks == dialect::grpc_go_micro);
  }
}

CAF_TEST(TLS is spoken where the node or the caller says so) {
  CAF_CHECK(route_to(node({{"secure", "true"}}), any, false).to.secure);
  CAF_CHECK(route_to(node({{"secure", "false"}}), any, true).to.secure);
  CAF_CHECK(!route_to(node({{"secure", "yes"}}), any, false).to.secure);
}

CAF_TEST(an address alone is called by mucp and under TLS by gRPC) {
  CAF_CHECK(route_to("h:1", any, false).speaks == dialect::mucp);
  CAF_CHECK(route_to("h:1", any, true).speaks == dialect::grpc);
  CAF_CHECK(route_to("h:1", protocol_choice::grpc, false).speaks == dialect::grpc);
  CAF_CHECK(route_to("h:1", protocol_choice::mucp, true).speaks == dialect::mucp);
}

CAF_TEST(protocols are chosen by name) {
  CAF_CHECK(*parse_protocol_choice("") == any);
  CAF_CHECK(*parse_protocol_choice("mucp") == protocol_choice::mucp);
  CAF_CHECK(*parse_protocol_choice("grpc") == protocol_choice::grpc);
  auto other = parse_protocol_choice("quic");
  CAF_REQUIRE(!other);
  CAF_CHECK_EQUAL(other.error().detail,
                  "protocol quic is not known; there are: grpc, mucp");
}
