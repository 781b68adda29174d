#include "broker/memory/waiting_publish.hpp"

#include <string>

namespace mica::broker::memory {

void waiting_publish::settle(bool taken) {
  if (!taken)
    refused_.fetch_add(1);
  if (missing_.fetch_sub(1) != 1)
    return;
  auto refused = refused_.load();
  if (refused == 0)
    return done_({});
  done_(error{errc::overloaded,
              "topic " + what->topic + ": " + std::to_string(refused) + " of "
                  + std::to_string(total_)
                  + " subscribers and queues had no room in time "
                    "(memory_options::waiting_events, waiting_publishes, publish_wait)"
                  + "; publish more slowly or let them take more at once",
              "mica.broker.memory"});
}

} // namespace mica::broker::memory
