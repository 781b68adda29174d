#include "cli/event_commands.hpp"

#include "cli/requests.hpp"
#include "mica/actors/service.hpp"
#include "runtime/broker_choice.hpp"
#include "runtime/signals.hpp"

#include <nlohmann/json.hpp>

#include <atomic>
#include <csignal>
#include <iostream>
#include <unistd.h>

namespace mica::cli {

namespace {

using nlohmann::ordered_json;

// RFC 4648, 4.
std::string base64(const std::string& bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group =
          group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      result += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return result;
}

// Nobody else could be there.
bool reaches_nobody(service& via) {
  const auto& name = via.impl().config().broker;
  return name == "memory"
         || (name.empty() && detail::known_brokers().front() == "memory");
}

int complain_of_memory() {
  std::cerr << "error: the broker memory reaches this process alone; choose one that "
               "others share by --broker"
            << std::endl;
  return usage;
}

} // namespace

int publish(service& via, const std::string& topic, const std::string& json) {
  if (!nlohmann::json::accept(json))
    return complain_of_json(json);
  if (reaches_nobody(via))
    return complain_of_memory();
  auto ok =
      publisher{via, topic}.publish_bytes(json, {.content_type = "application/json"});
  if (!ok)
    return complain("error publishing on " + topic + ": " + to_string(ok.error()));
  return done;
}

std::string event_line(const std::string& topic, const metadata& header,
                       const std::string& body) {
  ordered_json result;
  result["topic"] = topic;
  auto& fields = result["header"] = ordered_json::object();
  for (auto [name, value] : header)
    fields[std::string{name}] = std::string{value};
  auto parsed = ordered_json::parse(body, nullptr, false);
  if (!parsed.is_discarded()) {
    result["body"] = std::move(parsed);
  } else {
    result["body"] = body;
    try {
      return result.dump();
    } catch (const ordered_json::exception&) {
      // No text.
      result["body"] = base64(body);
      result["encoding"] = "base64";
    }
  }
  return result.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

int subscribe(service& via, const subscribe_arguments& arguments) {
  if (reaches_nobody(via))
    return complain_of_memory();
  detail::stop_signals signals;
  auto seen = std::make_shared<std::atomic<size_t>>(0);
  via.subscribe<raw_event>(
      arguments.topic,
      [seen, limit = arguments.count](event_context& context, const raw_event&) {
        auto number = seen->fetch_add(1) + 1;
        if (limit > 0 && number > limit)
          return;
        std::cout << event_line(std::string{context.topic()}, context.headers(),
                                std::string{context.body()})
                  << std::endl;
        if (number == limit)
          ::kill(::getpid(), SIGTERM);
      },
      {.queue = arguments.queue, .deliveries = 1});
  if (auto ok = via.impl().subscribe_only(); !ok)
    return complain("error subscribing to " + arguments.topic + ": "
                    + to_string(ok.error()));
  std::cerr << "subscribed to " << arguments.topic << std::endl;
  signals.wait();
  via.stop();
  return done;
}

} // namespace mica::cli
