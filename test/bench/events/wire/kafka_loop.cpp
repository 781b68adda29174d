// kafka-loop: the least that publishes to Kafka with the promise of mica's broker, and
// reads it back: an idempotent producer and a consumer of librdkafka, nothing else.
//
//   kafka-loop ADDRESS TOPIC COUNT BYTES
//
// Prints what broker-load prints. The topic exists and has one partition.

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

rd_kafka_t* make(rd_kafka_type_t type, const std::string& address,
                 const std::vector<std::pair<const char*, const char*>>& settings,
                 void (*done)(rd_kafka_t*, const rd_kafka_message_t*, void*),
                 void* opaque) {
  char why[512];
  auto* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", address.c_str(), why, sizeof why);
  for (auto [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "kafka-loop: %s\n", why);
      std::exit(1);
    }
  rd_kafka_conf_set_opaque(conf, opaque);
  if (done)
    rd_kafka_conf_set_dr_msg_cb(conf, done);
  auto* result = rd_kafka_new(type, conf, why, sizeof why);
  if (!result) {
    std::fprintf(stderr, "kafka-loop: %s\n", why);
    std::exit(1);
  }
  return result;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: kafka-loop ADDRESS TOPIC COUNT BYTES\n");
    return 2;
  }
  const std::string address = argv[1];
  const std::string topic = argv[2];
  const auto count = std::stoul(argv[3]);
  const std::string body(std::stoul(argv[4]), 'x');
  auto* consumer = make(RD_KAFKA_CONSUMER, address,
                        {{"group.id", "kafka-loop"}, {"enable.auto.commit", "false"}},
                        nullptr, nullptr);
  rd_kafka_poll_set_consumer(consumer);
  int64_t low = 0;
  int64_t high = 0;
  rd_kafka_query_watermark_offsets(consumer, topic.c_str(), 0, &low, &high, 10'000);
  auto* from = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(from, topic.c_str(), 0)->offset = high;
  rd_kafka_assign(consumer, from);
  std::atomic<size_t> confirmed{0};
  auto* producer = make(
      RD_KAFKA_PRODUCER, address,
      {{"enable.idempotence", "true"}, {"acks", "all"}, {"linger.ms", "5"}},
      [](rd_kafka_t*, const rd_kafka_message_t* x, void* sum) {
        if (x->err == RD_KAFKA_RESP_ERR_NO_ERROR)
          ++*static_cast<std::atomic<size_t>*>(sum);
      },
      &confirmed);
  auto begin = clock_type::now();
  clock_type::time_point arrived;
  std::thread reader{[&] {
    size_t came = 0;
    while (came < count)
      if (auto* x = rd_kafka_consumer_poll(consumer, 1'000)) {
        came += x->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
        rd_kafka_message_destroy(x);
      }
    arrived = clock_type::now();
  }};
  for (size_t i = 0; i < count; ++i) {
    while (
        rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic.c_str()),
                          RD_KAFKA_V_VALUE(const_cast<char*>(body.data()), body.size()),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END)
        == RD_KAFKA_RESP_ERR__QUEUE_FULL)
      rd_kafka_poll(producer, 10);
    rd_kafka_poll(producer, 0);
  }
  while (confirmed < count)
    rd_kafka_poll(producer, 10);
  auto published = clock_type::now();
  reader.join();
  auto rate = [&](clock_type::time_point end) {
    return static_cast<double>(count)
           / std::chrono::duration<double>(end - begin).count();
  };
  std::printf("published/s=%.0f delivered/s=%.0f failed=0 came=%zu\n", rate(published),
              rate(arrived), count);
  rd_kafka_destroy(producer);
  rd_kafka_consumer_close(consumer);
  rd_kafka_topic_partition_list_destroy(from);
  rd_kafka_destroy(consumer);
  return 0;
}
