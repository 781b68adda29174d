#include "broker/jetstream/streams.hpp"

#include "broker/nats/link.hpp"
#include "broker/nats/subjects.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mica::broker::jetstream {

namespace {

// NATS' limit is 255, and its files carry more than the name.
constexpr size_t max_name_bytes = 200;

// Of 2 minutes, what the server remembers by default, repeats of a publish are found.
constexpr auto least_duplicates = std::chrono::minutes{2};

int64_t in_ns(std::chrono::nanoseconds x) {
  return x.count();
}

error failed(natsStatus s, jsErrCode code, const std::string& doing) {
  auto result = nats::to_error(s, doing);
  if (s == NATS_NO_RESPONDERS)
    result = {errc::unavailable,
              doing + ": JetStream is not enabled at the server, or not ready",
              "mica.broker.jetstream"};
  else if (code == JSInsufficientResourcesErr || code == JSStorageResourcesExceededErr
           || code == JSMaximumStreamsLimitErr)
    result.reason = errc::overloaded;
  else if (s == NATS_ERR && code != 0)
    result.reason = errc::invalid_argument;
  else if (s == NATS_TIMEOUT)
    result.reason = errc::unavailable;
  return result;
}

} // namespace

streams::streams(const jetstream_options& options) : options_(options) {
  // nop
}

streams::~streams() {
  close();
}

expected<void> streams::open(natsConnection* connection) {
  if (context_ != nullptr)
    return {};
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = options_.server.connect_time.count();
  if (auto s = natsConnection_JetStream(&context_, connection, &options); s != NATS_OK)
    return failed(s, {}, "JetStream");
  return {};
}

void streams::close() {
  jsCtx_Destroy(std::exchange(context_, nullptr));
  std::lock_guard guard{mtx_};
  known_.clear();
}

expected<void> streams::check() {
  jsAccountInfo* info = nullptr;
  jsErrCode code{};
  auto s = js_GetAccountInfo(&info, context_, nullptr, &code);
  jsAccountInfo_Destroy(info);
  if (s == NATS_OK)
    return {};
  auto result = failed(s, code, "JetStream");
  result.reason = errc::unavailable;
  return result;
}

expected<std::string> streams::stream_of(const std::string& topic) {
  {
    std::lock_guard guard{mtx_};
    if (auto found = known_.find(topic); found != known_.end())
      return found->second;
  }
  auto result = find(topic);
  if (result && result->empty())
    result = make(topic);
  if (result) {
    std::lock_guard guard{mtx_};
    if (known_.size() >= max_known)
      known_.clear();
    known_.insert_or_assign(topic, *result);
  }
  return result;
}

void streams::forget(const std::string& topic) {
  std::lock_guard guard{mtx_};
  known_.erase(topic);
}

expected<std::string> streams::find(const std::string& topic) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = options_.server.connect_time.count();
  options.Stream.Info.SubjectsFilter = topic.c_str();
  jsStreamNamesList* list = nullptr;
  jsErrCode code{};
  auto s = js_StreamNames(&list, context_, &options, &code);
  std::string result;
  if (s == NATS_OK && list->Count > 0)
    result = list->List[0];
  jsStreamNamesList_Destroy(list);
  if (s == NATS_OK || s == NATS_NOT_FOUND)
    return result;
  return failed(s, code, "looking for the stream of topic " + topic);
}

expected<std::string> streams::make(const std::string& topic) {
  auto name = options_.stream + '-' + nats::plain_name(topic);
  if (name.size() > max_name_bytes)
    return error{errc::invalid_argument,
                 "topic '" + topic.substr(0, 64) + "' is too long to name a stream"};
  const char* subject = topic.c_str();
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  // What every queue has acknowledged goes; what one has not is never dropped: a full
  // stream refuses publishes.
  config.Retention = js_InterestPolicy;
  config.Discard = js_DiscardNew;
  config.Storage = js_FileStorage;
  config.Replicas = options_.replicas;
  config.MaxBytes =
      options_.stream_bytes == 0 ? -1 : static_cast<int64_t>(options_.stream_bytes);
  config.Duplicates = in_ns(std::max<std::chrono::nanoseconds>(
      least_duplicates, 2 * options_.server.publish_time));
  jsErrCode code{};
  auto s = js_AddStream(nullptr, context_, &config, nullptr, &code);
  // Another program may have made it meanwhile, in its own way.
  if (s == NATS_OK || code == JSStreamNameExistErr)
    return name;
  return failed(s, code, "making a stream for topic " + topic);
}

expected<void> streams::ensure(const consumer_wish& what) {
  jsErrCode code{};
  jsConsumerInfo* info = nullptr;
  auto s = js_GetConsumerInfo(&info, context_, what.stream.c_str(), what.name.c_str(),
                              nullptr, &code);
  jsConsumerInfo_Destroy(info);
  if (s == NATS_OK)
    return {};
  auto doing = "consumer " + what.name + " of topic " + what.topic;
  if (s != NATS_NOT_FOUND && code != JSConsumerNotFoundErr)
    return failed(s, code, doing);
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = what.name.c_str();
  config.FilterSubject = what.topic.c_str();
  config.DeliverPolicy = what.after ? js_DeliverByStartSequence : js_DeliverNew;
  if (what.after)
    config.OptStartSeq = *what.after + 1;
  config.AckPolicy = js_AckExplicit;
  config.AckWait = in_ns(options_.ack_wait);
  // How often is for the subscriber to say.
  config.MaxDeliver = -1;
  config.MaxAckPending = static_cast<int64_t>(what.max_unsettled);
  if (what.kept)
    config.InactiveThreshold = in_ns(*what.kept);
  code = {};
  s = js_AddConsumer(nullptr, context_, what.stream.c_str(), &config, nullptr, &code);
  if (s == NATS_OK || code == JSConsumerNameExistErr)
    return {};
  return failed(s, code, doing);
}

void streams::drop_dead_requests(const std::string& stream,
                                 const std::string& consumer) {
  jsConsumerInfo* info = nullptr;
  jsErrCode code{};
  js_GetConsumerInfo(&info, context_, stream.c_str(), consumer.c_str(), nullptr, &code);
  jsConsumerInfo_Destroy(info);
}

void streams::remove(const std::string& stream, const std::string& consumer) {
  // One that stays goes by itself, after `broadcast_kept`.
  jsErrCode code{};
  js_DeleteConsumer(context_, stream.c_str(), consumer.c_str(), nullptr, &code);
}

} // namespace mica::broker::jetstream
