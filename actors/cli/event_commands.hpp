// Commands that publish, subscribe and read streams.

#pragma once

#include "cli/commands.hpp"

#include "mica/codecs/metadata.hpp"

#include <cstddef>
#include <string>

namespace mica {
class service;
}

namespace mica::cli {

/// Publishes JSON on a topic; returns when the broker has it.
int publish(service& via, const std::string& topic, const std::string& json);

struct subscribe_arguments {
  std::string topic;
  /// Empty: every event.
  std::string queue;
  /// Ends after so many events; 0: by a signal.
  size_t count = 0;
};

/// Prints each event of a topic as one line: a JSON object with `topic`, `header` and
/// `body`; what is no JSON and no text stands in `body` as base64, with
/// `"encoding":"base64"`.
int subscribe(service& via, const subscribe_arguments& arguments);

/// One event as `subscribe` prints it, without the line break.
std::string event_line(const std::string& topic, const metadata& header,
                       const std::string& body);

/// Calls an endpoint that answers with a stream and prints each message as one line.
int stream(service& via, const call_arguments& arguments);

} // namespace mica::cli
