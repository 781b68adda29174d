#include "broker/nats/wire.hpp"

#include "mica/codecs/event_json.hpp"

#include <utility>

namespace mica::broker::nats {

expected<event_ptr> read_event(const natsMsg& message, size_t body_bytes) {
  std::string_view bytes{natsMsg_GetData(&message),
                         static_cast<size_t>(natsMsg_GetDataLength(&message))};
  event_json_limits limits;
  limits.body_bytes = body_bytes;
  auto read = read_event_json(bytes, limits);
  if (!read)
    return std::move(read.error());
  auto result = std::make_shared<event>();
  result->topic = natsMsg_GetSubject(&message);
  result->headers = std::move(read->headers);
  result->body = std::move(read->body);
  return event_ptr{std::move(result)};
}

} // namespace mica::broker::nats
