// What librdkafka is told.

#pragma once

#include "mica/actors/brokers.hpp"
#include "mica/codecs/expected.hpp"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

namespace mica::broker::kafka {

struct conf_deleter {
  void operator()(rd_kafka_conf_t* x) const {
    rd_kafka_conf_destroy(x);
  }
};

struct handle_deleter {
  void operator()(rd_kafka_t* x) const {
    rd_kafka_destroy(x);
  }
};

struct list_deleter {
  void operator()(rd_kafka_topic_partition_list_t* x) const {
    rd_kafka_topic_partition_list_destroy(x);
  }
};

struct queue_deleter {
  void operator()(rd_kafka_queue_t* x) const {
    rd_kafka_queue_destroy(x);
  }
};

struct event_deleter {
  void operator()(rd_kafka_event_t* x) const {
    rd_kafka_event_destroy(x);
  }
};

using conf_ptr = std::unique_ptr<rd_kafka_conf_t, conf_deleter>;
using handle_ptr = std::unique_ptr<rd_kafka_t, handle_deleter>;
using list_ptr = std::unique_ptr<rd_kafka_topic_partition_list_t, list_deleter>;
using queue_ptr = std::unique_ptr<rd_kafka_queue_t, queue_deleter>;
using event_handle = std::unique_ptr<rd_kafka_event_t, event_deleter>;

/// The addresses to begin with, `host:port` with commas. Fails with
/// `errc::invalid_argument`.
expected<std::string> addresses(const kafka_options& options,
                                const broker_environment& env);

/// What producer and consumers have in common. Fails with `errc::invalid_argument`.
expected<conf_ptr> common_settings(const kafka_options& options,
                                   const broker_environment& env);

expected<conf_ptr> producer_settings(const kafka_options& options,
                                     const broker_environment& env);

expected<conf_ptr> consumer_settings(const kafka_options& options,
                                     const broker_environment& env,
                                     const std::string& group);

/// Takes the settings over.
expected<handle_ptr> make_handle(rd_kafka_type_t type, conf_ptr settings);

/// What a publish failed with.
error to_error(rd_kafka_resp_err_t code, const std::string& doing);

} // namespace mica::broker::kafka
