// proto-rpc and json-rpc: what was opened is wrapped and opened again to the same.

#include "invariant.hpp"
#include "mucp/envelope.hpp"

using namespace mica;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  for (auto kind : {framing::proto_rpc, framing::json_rpc}) {
    if (auto x = mucp::open_request(kind, text)) {
      auto wrapped = mucp::wrap_request(kind, x->endpoint, x->id, x->body);
      auto again = mucp::open_request(kind, wrapped);
      require(again && again->endpoint == x->endpoint, "same endpoint");
      require(kind == framing::json_rpc ? again->id == x->id : true, "same id");
      require(again->body == x->body, "same body");
    } else {
      require(x.error().detail.size() < 1024, "short refusal");
    }
    if (auto x = mucp::open_reply(kind, text)) {
      auto wrapped = mucp::wrap_reply(kind, x->id, x->failure, x->body);
      auto again = mucp::open_reply(kind, wrapped);
      require(again && again->failure == x->failure, "same failure");
      if (x->failure.empty() && !x->body.empty())
        require(again->body == x->body, "same body");
    }
  }
  return 0;
}
