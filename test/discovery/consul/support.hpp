// What the tests of the consul registry share.

#pragma once

#include "consul/addresses.hpp"
#include "consul/requests.hpp"
#include "http/agent_client.hpp"
#include "mica/discovery/records.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mica::test::consul {

/// A request as a real Go Micro program wrote it.
struct captured_request {
  std::string method;
  std::string target;
  std::string body;
};

/// Reads a file below test/discovery/consul.
std::string read_file(const std::string& name);

/// All requests of a capture, e.g. `consul-v2-mucp-service`.
std::vector<captured_request> read_capture(const std::string& name);

/// Replaces the content of each tag by its kind: `"t-789c.."` becomes `"t-"`. Go's zlib
/// and ours compress differently.
std::string without_tag_bytes(std::string text);

/// The strings of the `Tags` list of a registration's body.
std::vector<std::string> tags_of(const std::string& body);

/// An agent that answers what a test tells it to, when the test tells it to.
class scripted_port : public discovery::http_port {
public:
  bool start(uint64_t ticket, discovery::http_request request) override;
  void cancel(uint64_t ticket) override;

  /// Forgotten requests.
  std::vector<uint64_t> cancelled;
  /// What was sent, oldest first, and not answered yet.
  std::vector<std::pair<uint64_t, discovery::http_request>> open;
  /// False: no request is taken.
  bool takes = true;
};

discovery::http_answer answer(int status, std::string body = {},
                              std::string index = "1");

mica::error refused_connection();

} // namespace mica::test::consul
