#include "streamer.hpp"

#include <charconv>
#include <iostream>
#include <string_view>
#include <utility>

namespace {

HelloRequest request(std::string_view name) {
  HelloRequest result;
  result.set_name(std::string{name});
  return result;
}

HelloResponse greeting(const std::string& name) {
  HelloResponse result;
  result.set_greeting("Hello " + name);
  return result;
}

mica::error refusal() {
  return {400, "name fail refused", "streamer"};
}

} // namespace

mica::task named_streamer::count(mica::context&, HelloRequest request,
                                 mica::stream<void, HelloResponse> peer) {
  const auto& name = request.name();
  int wanted = 0;
  if (std::from_chars(name.data(), name.data() + name.size(), wanted).ec
      != std::errc{}) {
    peer.fail(refusal());
    co_return;
  }
  for (int i = 1; i <= wanted; ++i)
    if (!co_await peer.write(greeting(std::to_string(i))))
      co_return;
}

mica::task named_streamer::join(mica::context&,
                                mica::stream<HelloRequest, HelloResponse> peer) {
  std::string names;
  while (auto request = co_await peer.read()) {
    // Go Micro's clients have no other way to say so.
    if (request->name() == "end")
      break;
    if (request->name() == "fail") {
      peer.fail(refusal());
      co_return;
    }
    names += (names.empty() ? "" : " ") + request->name();
  }
  if (!peer.failure())
    peer.write(greeting(names));
}

mica::task named_streamer::chat(mica::context&,
                                mica::stream<HelloRequest, HelloResponse> peer) {
  bool asleep = false;
  while (auto request = co_await peer.read()) {
    if (request->name() == "end" && !asleep)
      co_return;
    if (request->name() == "fail") {
      peer.fail(refusal());
      co_return;
    }
    // Never answered: what ends the stream is the caller or its deadline.
    asleep = asleep || request->name() == "sleep";
    if (!asleep && !co_await peer.write(greeting(request->name())))
      co_return;
  }
}

namespace {

// What came, up to the end that the server makes.
template <class Stream>
mica::expected<void> print_all(const Stream& from) {
  while (auto response = from.read())
    std::cout << response->greeting() << std::endl;
  if (auto failure = from.failure())
    return failure;
  return from.finish();
}

mica::expected<void> join(const streamer_client& client, const stream_call& call) {
  auto stream = client.join(call.options);
  for (int i = 0; i < call.messages; ++i)
    if (!stream.write(request(call.name)))
      return print_all(stream);
  stream.end();
  return print_all(stream);
}

mica::expected<void> chat(const streamer_client& client, const stream_call& call) {
  auto stream = client.chat(call.options);
  for (int i = 0; i < call.messages; ++i) {
    if (!stream.write(request(call.name)))
      break;
    auto response = stream.read();
    if (!response)
      break;
    std::cout << response->greeting() << std::endl;
  }
  if (!call.says_end)
    stream.end();
  else if (!stream.write(request("end")))
    return stream.failure();
  return print_all(stream);
}

} // namespace

mica::expected<void> run(mica::service& via, const stream_call& call) {
  streamer_client client{via, call.service};
  if (call.method == "Count")
    return print_all(client.count(request(call.name), call.options));
  if (call.method == "Join")
    return join(client, call);
  if (call.method == "Chat")
    return chat(client, call);
  return mica::error{mica::errc::invalid_argument,
                     "no method " + call.method + "; there are Count, Join and Chat",
                     "interop-peer"};
}
