#include "broker/kafka/producer.hpp"

#include "mica/codecs/event_json.hpp"

#include <array>
#include <utility>
#include <vector>

namespace mica::broker::kafka {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Outcomes are told when they come; this is how soon the thread hears of its end.
constexpr int poll_ms = 100;

// Names of topics cost memory; who publishes on more asks for them again.
constexpr size_t max_topics = 10'000;

constexpr auto retry_pause = std::chrono::seconds{1};

// syslog's: errors and worse.
constexpr int log_error = 3;

struct topic_deleter {
  void operator()(rd_kafka_NewTopic_t* x) const {
    rd_kafka_NewTopic_destroy(x);
  }
};

struct admin_deleter {
  void operator()(rd_kafka_AdminOptions_t* x) const {
    rd_kafka_AdminOptions_destroy(x);
  }
};

} // namespace

producer::producer(const kafka_options& options, const broker_environment& env)
  : options_(options),
    env_(env),
    trouble_(env.report) {
  // nop
}

producer::~producer() {
  close(milliseconds{0});
}

expected<void> producer::open() {
  if (!handle_) {
    auto settings = producer_settings(options_, env_);
    if (!settings)
      return std::move(settings.error());
    rd_kafka_conf_set_opaque(settings->get(), this);
    rd_kafka_conf_set_dr_msg_cb(settings->get(), on_delivery);
    rd_kafka_conf_set_error_cb(settings->get(), on_error);
    rd_kafka_conf_set_log_cb(settings->get(), on_log);
    auto made = make_handle(RD_KAFKA_PRODUCER, std::move(*settings));
    if (!made)
      return std::move(made.error());
    handle_ = std::move(*made);
    answers_.reset(rd_kafka_queue_new(handle_.get()));
    running_ = true;
    thread_ = std::thread{[this] { run(); }};
  }
  const struct rd_kafka_metadata* cluster = nullptr;
  auto code = rd_kafka_metadata(handle_.get(), 0, nullptr, &cluster,
                                static_cast<int>(options_.connect_time.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(cluster);
    away_ = false;
    return {};
  }
  away_ = true;
  auto servers = addresses(options_, env_);
  return error{errc::unavailable,
               "no Kafka broker answers at " + *servers + ": " + rd_kafka_err2str(code)
                   + last_trouble() + "; trying on",
               "mica.broker.kafka"};
}

std::string producer::last_trouble() {
  std::lock_guard guard{mtx_};
  return why_.empty() ? std::string{} : " (" + why_ + ')';
}

size_t producer::close(milliseconds limit) {
  if (!handle_)
    return 0;
  // The thread hears of the outcomes meanwhile.
  rd_kafka_flush(handle_.get(), static_cast<int>(limit.count()));
  auto left = static_cast<size_t>(rd_kafka_outq_len(handle_.get()));
  running_ = false;
  thread_.join();
  if (left > 0) {
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(handle_.get(), poll_ms);
  }
  answers_.reset();
  handle_.reset();
  std::lock_guard guard{mtx_};
  topics_.clear();
  retries_.clear();
  return left;
}

expected<void> producer::publish(const event& what, publish_done& done) {
  want(what.topic);
  auto bytes = write_event_json(what.headers, what.body);
  auto held = std::make_unique<publish_done>(std::move(done));
  auto code = rd_kafka_producev(
      handle_.get(), RD_KAFKA_V_TOPIC(what.topic.c_str()),
      RD_KAFKA_V_VALUE(bytes.data(), bytes.size()),
      RD_KAFKA_V_KEY(what.key.empty() ? nullptr : what.key.data(), what.key.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(held.get()),
      RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<void>(held.release());
    return {};
  }
  done = std::move(*held);
  return to_error(code, "publishing on " + what.topic);
}

void producer::on_delivery(rd_kafka_t*, const rd_kafka_message_t* what, void* self) {
  auto& me = *static_cast<producer*>(self);
  std::unique_ptr<publish_done> done{static_cast<publish_done*>(what->_private)};
  if (what->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    me.away_ = false;
    (*done)({});
    return;
  }
  auto why = to_error(what->err,
                      std::string{"publishing on "} + rd_kafka_topic_name(what->rkt));
  if (why.reason == errc::timeout) {
    if (me.away_)
      why.reason = errc::unavailable;
    why.detail += " (publish_time)" + me.last_trouble();
    why = error{why.reason, std::move(why.detail), "mica.broker.kafka"};
  }
  (*done)(std::move(why));
}

void producer::on_error(rd_kafka_t* handle, int code, const char* text, void* self) {
  auto& me = *static_cast<producer*>(self);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    me.away_ = true;
  std::string why = text;
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> fatal{};
    rd_kafka_fatal_error(handle, fatal.data(), fatal.size());
    why = std::string{"can publish no more: "} + fatal.data();
  }
  {
    std::lock_guard guard{me.mtx_};
    me.why_ = why;
  }
  me.trouble_.add("kafka broker: " + why, steady_clock::now());
}

void producer::on_log(const rd_kafka_t* handle, int level, const char*,
                      const char* text) {
  // Connections that fail are errors, too, and told there.
  auto me = static_cast<producer*>(rd_kafka_opaque(handle));
  if (level < log_error && me != nullptr)
    me->trouble_.add(std::string{"kafka broker: "} + text, steady_clock::now());
}

void producer::run() {
  while (running_) {
    rd_kafka_poll(handle_.get(), poll_ms);
    read_answers(steady_clock::now());
  }
}

// -- topics
// ----------------------------------------------------------------------------

void producer::want(const std::string& topic) {
  {
    std::lock_guard guard{mtx_};
    if (topics_.contains(topic))
      return;
    if (topics_.size() >= max_topics)
      topics_.clear();
    topics_.insert(topic);
  }
  request(topic, answers_.get());
}

bool producer::request(const std::string& topic, rd_kafka_queue_t* answers) {
  std::array<char, 512> why{};
  std::unique_ptr<rd_kafka_NewTopic_t, topic_deleter> wanted{rd_kafka_NewTopic_new(
      topic.c_str(), options_.partitions, options_.replicas, why.data(), why.size())};
  std::unique_ptr<rd_kafka_AdminOptions_t, admin_deleter> options{
      rd_kafka_AdminOptions_new(handle_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS)};
  if (!wanted || !options) {
    trouble_.add("kafka broker: topic " + topic + " can't be made: " + why.data(),
                 steady_clock::now());
    return false;
  }
  auto limit = static_cast<int>(options_.connect_time.count());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, why.data(),
                                            why.size());
  // Done when the topic is known in the whole cluster.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), limit, why.data(),
                                              why.size());
  auto* one = wanted.get();
  rd_kafka_CreateTopics(handle_.get(), &one, 1, options.get(), answers);
  return true;
}

expected<void> producer::read_answer(rd_kafka_event_t& answer, std::string& topic) {
  if (auto code = rd_kafka_event_error(&answer))
    return to_error(code, std::string{"making a topic: "}
                              + rd_kafka_event_error_string(&answer));
  auto result = rd_kafka_event_CreateTopics_result(&answer);
  size_t count = 0;
  auto topics = result ? rd_kafka_CreateTopics_result_topics(result, &count) : nullptr;
  if (count == 0)
    return {};
  topic = rd_kafka_topic_result_name(topics[0]);
  auto code = rd_kafka_topic_result_error(topics[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR
      || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    return {};
  auto text = rd_kafka_topic_result_error_string(topics[0]);
  return to_error(code, "making topic " + topic
                            + (text ? std::string{": "} + text : std::string{}));
}

void producer::read_answers(time_point now) {
  while (event_handle answer{rd_kafka_queue_poll(answers_.get(), 0)}) {
    std::string topic;
    auto read = read_answer(*answer, topic);
    if (read)
      continue;
    trouble_.add("kafka broker: " + read.error().detail, now);
    auto reason = read.error().reason;
    if (reason != errc::unavailable && reason != errc::timeout)
      continue;
    std::lock_guard guard{mtx_};
    // An answer that is about the whole request names no topic: ask for all again.
    if (topic.empty())
      for (const auto& x : topics_)
        retries_.emplace(x, now + retry_pause);
    else
      retries_.emplace(topic, now + retry_pause);
  }
  std::vector<std::string> due;
  {
    std::lock_guard guard{mtx_};
    std::erase_if(retries_, [&](const auto& x) {
      if (x.second > now)
        return false;
      due.push_back(x.first);
      return true;
    });
  }
  for (const auto& x : due)
    request(x, answers_.get());
}

expected<void> producer::make_topic(const std::string& topic) {
  {
    std::lock_guard guard{mtx_};
    topics_.insert(topic);
  }
  queue_ptr answers{rd_kafka_queue_new(handle_.get())};
  if (!request(topic, answers.get()))
    return error{errc::invalid_argument,
                 "topic " + topic
                     + " can't be made (kafka_options::partitions, "
                       "replicas)"};
  event_handle answer{rd_kafka_queue_poll(
      answers.get(), static_cast<int>(2 * options_.connect_time.count()))};
  if (!answer)
    return error{errc::unavailable,
                 "making topic " + topic + ": the cluster gives no answer"};
  std::string name;
  auto read = read_answer(*answer, name);
  if (!read && read.error().reason == errc::timeout)
    read.error().reason = errc::unavailable;
  return read;
}

} // namespace mica::broker::kafka
