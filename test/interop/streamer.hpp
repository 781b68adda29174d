// mica's side of gomicro/streamer.proto: the service, and a client of any such service.

#pragma once

#include "streamer.mica.hpp"

#include "mica/actors/service.hpp"

#include <string>

/// Answers as gomicro/v2/streamer.go does.
class named_streamer : public streamer_service {
public:
  mica::task count(mica::context& call, HelloRequest request,
                   mica::stream<void, HelloResponse> peer) override;

  mica::task join(mica::context& call,
                  mica::stream<HelloRequest, HelloResponse> peer) override;

  mica::task chat(mica::context& call,
                  mica::stream<HelloRequest, HelloResponse> peer) override;
};

/// One call of a method of Streamer.
struct stream_call {
  std::string service = "greeter";
  /// Count, Join or Chat.
  std::string method = "Chat";
  std::string name = "John";
  /// Sent by Join and Chat.
  int messages = 1;
  /// Chat asks for its end by the name "end", as Go Micro's clients do over mucp: a
  /// server of theirs that is told the end does not say its own.
  bool says_end = false;
  mica::call_options options;
};

/// Makes the call and prints each greeting on a line of its own, as gomicro's programs
/// do. Returns how it ended.
mica::expected<void> run(mica::service& via, const stream_call& call);
