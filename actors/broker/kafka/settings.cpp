#include "broker/kafka/settings.hpp"

#include "broker/kafka/names.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace mica::broker::kafka {

namespace {

// Bounds of librdkafka's own.
constexpr size_t least_kbytes = 1'024;
constexpr size_t most_kbytes = 2'097'151;
constexpr size_t least_event_bytes = 1'000;
constexpr size_t most_event_bytes = 1'000'000'000;
constexpr size_t most_events = 10'000'000;

// Beside the events, what a fetch carries.
constexpr size_t frame_bytes = 1'048'576;

// Between two attempts to connect.
constexpr auto least_reconnect_ms = "100";
constexpr auto most_reconnect_ms = "1000";

std::string text(size_t x) {
  return std::to_string(x);
}

std::string text(std::chrono::milliseconds x) {
  return std::to_string(x.count());
}

std::string kbytes(size_t bytes) {
  return text(std::clamp(bytes / 1'024, least_kbytes, most_kbytes));
}

std::string event_bytes(const kafka_options& options) {
  return text(std::clamp(options.event_bytes, least_event_bytes, most_event_bytes));
}

using setting = std::pair<const char*, std::string>;

expected<conf_ptr> with(conf_ptr to, const std::vector<setting>& what) {
  std::array<char, 512> why{};
  for (const auto& [name, value] : what)
    if (rd_kafka_conf_set(to.get(), name, value.c_str(), why.data(), why.size())
        != RD_KAFKA_CONF_OK)
      return error{errc::invalid_argument,
                   "the setting " + std::string{name} + ": " + why.data()};
  return to;
}

std::vector<setting> tls_settings(const broker_environment& env) {
  const auto& tls = env.client_tls;
  if (!env.secure && !env.server_tls && tls.ca_file.empty()
      && tls.certificate_file.empty())
    return {};
  std::vector<setting> result{{"security.protocol", "ssl"}};
  if (!tls.ca_file.empty())
    result.emplace_back("ssl.ca.location", tls.ca_file);
  if (!tls.certificate_file.empty()) {
    result.emplace_back("ssl.certificate.location", tls.certificate_file);
    result.emplace_back("ssl.key.location", tls.key_file);
  }
  result.emplace_back("enable.ssl.certificate.verification",
                      tls.verify ? "true" : "false");
  if (tls.verify)
    result.emplace_back("ssl.endpoint.identification.algorithm", "https");
  return result;
}

} // namespace

expected<std::string> addresses(const kafka_options& options,
                                const broker_environment& env) {
  auto texts = !env.addresses.empty() ? env.addresses : options.addresses;
  if (texts.empty())
    texts.push_back("127.0.0.1");
  std::string result;
  for (const auto& x : texts) {
    auto read = parse_address(x);
    if (!read)
      return read;
    result += (result.empty() ? "" : ",") + *read;
  }
  return result;
}

expected<conf_ptr> common_settings(const kafka_options& options,
                                   const broker_environment& env) {
  auto servers = addresses(options, env);
  if (!servers)
    return std::move(servers.error());
  const auto& id = env.node_id.empty() ? env.service : env.node_id;
  auto result =
      with(conf_ptr{rd_kafka_conf_new()},
           {{"bootstrap.servers", *servers},
            {"client.id", id.empty() ? "mica" : id},
            {"socket.timeout.ms",
             text(std::max(options.connect_time, std::chrono::milliseconds{1'000}))},
            {"socket.keepalive.enable", "true"},
            {"reconnect.backoff.ms", least_reconnect_ms},
            {"reconnect.backoff.max.ms", most_reconnect_ms},
            {"topic.metadata.refresh.fast.interval.ms", "50"},
            {"message.max.bytes", event_bytes(options)}});
  if (!result)
    return result;
  return with(std::move(*result), tls_settings(env));
}

expected<conf_ptr> producer_settings(const kafka_options& options,
                                     const broker_environment& env) {
  auto result = common_settings(options, env);
  if (!result)
    return result;
  return with(std::move(*result),
              {{"enable.idempotence", "true"},
               {"acks", "all"},
               {"message.timeout.ms", text(options.publish_time)},
               {"queue.buffering.max.messages",
                text(std::clamp<size_t>(options.waiting_events, 1, most_events))},
               {"queue.buffering.max.kbytes", kbytes(options.waiting_bytes)},
               {"linger.ms", text(options.linger)}});
}

expected<conf_ptr> consumer_settings(const kafka_options& options,
                                     const broker_environment& env,
                                     const std::string& group) {
  auto result = common_settings(options, env);
  if (!result)
    return result;
  auto received = std::clamp(options.event_bytes, least_event_bytes, most_event_bytes);
  return with(std::move(*result),
              {{"group.id", group},
               // Offsets are ours to commit, and we say where to begin.
               {"enable.auto.commit", "false"},
               {"enable.auto.offset.store", "false"},
               {"auto.offset.reset", "earliest"},
               {"session.timeout.ms", text(options.session_time)},
               {"heartbeat.interval.ms", text(options.session_time / 5)},
               {"queued.max.messages.kbytes", kbytes(options.fetched_bytes)},
               {"fetch.message.max.bytes", event_bytes(options)},
               {"fetch.max.bytes", text(std::max(received, frame_bytes))},
               {"receive.message.max.bytes",
                text(std::max(received, frame_bytes) + frame_bytes)},
               {"fetch.wait.max.ms", "100"},
               {"fetch.error.backoff.ms", "100"},
               // A new topic is there at once.
               {"allow.auto.create.topics", "true"}});
}

expected<handle_ptr> make_handle(rd_kafka_type_t type, conf_ptr settings) {
  std::array<char, 512> why{};
  handle_ptr result{rd_kafka_new(type, settings.get(), why.data(), why.size())};
  if (!result)
    return error{errc::invalid_argument, std::string{"Kafka's client: "} + why.data()};
  static_cast<void>(settings.release());
  return result;
}

error to_error(rd_kafka_resp_err_t code, const std::string& doing) {
  auto reason = errc::internal;
  switch (code) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return {errc::overloaded,
              doing
                  + ": too many events wait for the cluster already (waiting_events, "
                    "waiting_bytes); publish more slowly",
              "mica.broker.kafka"};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      reason = errc::limit_exceeded;
      break;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      reason = errc::timeout;
      break;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      reason = errc::invalid_argument;
      break;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      reason = errc::permission_denied;
      break;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      reason = errc::unavailable;
      break;
    default:
      break;
  }
  return {reason, doing + ": " + rd_kafka_err2str(code), "mica.broker.kafka"};
}

} // namespace mica::broker::kafka
