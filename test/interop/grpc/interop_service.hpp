// grpc.testing.TestService, as gRPC's interop test descriptions define it.

#pragma once

#include "test.mica.hpp"

/// Answers every call from what it asks for; keeps nothing.
class interop_service : public grpc::testing::test_service {
public:
  mica::reply<grpc::testing::Empty>
  empty_call(mica::context& call, const grpc::testing::Empty& request) override;

  mica::reply<grpc::testing::SimpleResponse>
  unary_call(mica::context& call, const grpc::testing::SimpleRequest& request) override;

  mica::reply<grpc::testing::SimpleResponse>
  cacheable_unary_call(mica::context& call,
                       const grpc::testing::SimpleRequest& request) override;

  mica::task streaming_output_call(
      mica::context& call, grpc::testing::StreamingOutputCallRequest request,
      mica::stream<void, grpc::testing::StreamingOutputCallResponse> peer) override;

  mica::task
  streaming_input_call(mica::context& call,
                       mica::stream<grpc::testing::StreamingInputCallRequest,
                                    grpc::testing::StreamingInputCallResponse>
                           peer) override;

  mica::task full_duplex_call(mica::context& call,
                              mica::stream<grpc::testing::StreamingOutputCallRequest,
                                           grpc::testing::StreamingOutputCallResponse>
                                  peer) override;

  mica::task half_duplex_call(mica::context& call,
                              mica::stream<grpc::testing::StreamingOutputCallRequest,
                                           grpc::testing::StreamingOutputCallResponse>
                                  peer) override;
};
