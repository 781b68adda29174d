#include "broker/kafka/member.hpp"

#include "broker/kafka/names.hpp"
#include "mica/codecs/event_json.hpp"

#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mica::broker::kafka {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How soon a rebalance, the end or room is noticed where nothing wakes the thread.
constexpr int poll_ms = 50;

constexpr size_t batch_events = 512;

// For commits that somebody waits for: the cluster may be away.
constexpr int commit_wait_ms = 3'000;

constexpr int log_error = 3;

struct message_deleter {
  void operator()(rd_kafka_message_t* x) const {
    rd_kafka_message_destroy(x);
  }
};

using message_ptr = std::unique_ptr<rd_kafka_message_t, message_deleter>;

list_ptr make_list(size_t room) {
  return list_ptr{rd_kafka_topic_partition_list_new(static_cast<int>(room))};
}

// The list owns the text; the library frees it.
void set_metadata(rd_kafka_topic_partition_t& of, const std::string& text) {
  of.metadata = ::strdup(text.c_str());
  of.metadata_size = of.metadata ? text.size() : 0;
}

} // namespace

member::member(subscribe_request what, std::string group, kafka_options options,
               const broker_environment& env)
  : what_(std::move(what)),
    group_(std::move(group)),
    options_(std::move(options)),
    env_(env),
    trouble_(env.report),
    undecodable_(env.report),
    unsettled_(what_.prefetch) {
  // nop
}

member::~member() {
  end(true);
  join();
}

void member::join() {
  if (!thread_.joinable())
    return;
  // The thread holds the last reference when nobody else does.
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

expected<void> member::begin(subscribe_done done) {
  auto settings = consumer_settings(options_, env_, group_);
  if (!settings)
    return std::move(settings.error());
  rd_kafka_conf_set_opaque(settings->get(), this);
  rd_kafka_conf_set_rebalance_cb(settings->get(), on_rebalance);
  rd_kafka_conf_set_error_cb(settings->get(), on_error);
  rd_kafka_conf_set_log_cb(settings->get(), on_log);
  auto made = make_handle(RD_KAFKA_CONSUMER, std::move(*settings));
  if (!made)
    return std::move(made.error());
  handle_ = std::move(*made);
  rd_kafka_poll_set_consumer(handle_.get());
  messages_.reset(rd_kafka_queue_new(handle_.get()));
  commits_.reset(rd_kafka_queue_new(handle_.get()));
  if (!subscribe())
    return error{errc::internal, "topic " + what_.topic + " can't be subscribed to",
                 "mica.broker.kafka"};
  joined_ = std::move(done);
  join_until_ = steady_clock::now() + options_.join_time;
  thread_ = std::thread{[self = shared_from_this()]() mutable {
    self->run();
    self = nullptr;
  }};
  return {};
}

bool member::subscribe() {
  auto topics = make_list(1);
  rd_kafka_topic_partition_list_add(topics.get(), what_.topic.c_str(),
                                    RD_KAFKA_PARTITION_UA);
  return rd_kafka_subscribe(handle_.get(), topics.get()) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

void member::end(bool abandoned) {
  std::lock_guard guard{mtx_};
  abandoned_ = abandoned_ || abandoned;
  if (!ended_) {
    ended_ = true;
    ended_at_ = steady_clock::now();
  }
  changed_.notify_all();
}

void member::settle(uint64_t tag, verdict how) noexcept {
  std::lock_guard guard{mtx_};
  auto full = unsettled_.full();
  auto from = unsettled_.remove(tag);
  if (!from)
    return;
  if (from->term == term_) {
    --ours_unsettled_;
    if (how == verdict::give_back)
      gave_back_ = true;
    else if (auto found = shares_.find(from->partition); found != shares_.end())
      found->second.ledger.settle(from->offset);
  }
  if (full || gave_back_ || ended_)
    changed_.notify_all();
}

// -- the thread
// ------------------------------------------------------------------------

void member::run() {
  while (running(steady_clock::now()))
    poll(steady_clock::now());
  tell_joined(error{errc::unavailable, "the kafka broker has disconnected"});
  commit(true);
  // Leaves the group, so that others need not wait for our session to end. The last
  // rebalance callback finds nothing new to commit.
  rd_kafka_consumer_close(handle_.get());
  {
    std::lock_guard guard{mtx_};
    shares_.clear();
    ++term_;
    unsettled_.clear();
  }
  commits_.reset();
  messages_.reset();
  handle_.reset();
  left_ = true;
}

bool member::running(time_point now) {
  std::lock_guard guard{mtx_};
  return !ended_
         || (!abandoned_ && ours_unsettled_ > 0
             && now - ended_at_ < options_.drain_time);
}

size_t member::room() {
  std::lock_guard guard{mtx_};
  // What is fetched and not delivered stays: it comes again to the next one.
  if (ended_ || !assigned_)
    return 0;
  return what_.prefetch - unsettled_.size();
}

void member::poll(time_point now) {
  // Callbacks and errors; events come from their own queue.
  if (message_ptr stray{rd_kafka_consumer_poll(handle_.get(), 0)})
    take(*stray, now);
  // Whoever comes next begins where we began, even if we never settle anything.
  if (joined_ && is_assigned() && commit(true))
    tell_joined({});
  if (joined_ && now >= join_until_)
    tell_joined(error{errc::unavailable, "group " + group_ + " gave no share of topic "
                                             + what_.topic
                                             + " in time (kafka_options::join_time)"});
  if (now >= next_commit_) {
    next_commit_ = now + options_.commit_interval;
    commit(false);
  }
  auto stepping = false;
  {
    std::lock_guard guard{mtx_};
    stepping = gave_back_ && !ended_;
  }
  if (stepping)
    return step_aside();
  auto free = room();
  if (free == 0) {
    lock held{mtx_};
    changed_.wait_for(held, milliseconds{poll_ms});
    return;
  }
  // One to wait for, then those that are there: a batch alone waits until it is full.
  message_ptr first{rd_kafka_consume_queue(messages_.get(), poll_ms)};
  if (!first)
    return;
  take(*first, now);
  std::array<rd_kafka_message_t*, batch_events> batch;
  auto count = rd_kafka_consume_batch_queue(messages_.get(), 0, batch.data(),
                                            std::min(free - 1, batch.size()));
  for (auto i = ssize_t{0}; i < count; ++i)
    take(*message_ptr{batch[static_cast<size_t>(i)]}, now);
}

void member::take(const rd_kafka_message_t& message, time_point now) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    trouble_.add("kafka broker: topic " + what_.topic + ": "
                     + rd_kafka_message_errstr(&message),
                 now);
    return;
  }
  event_json_limits limits;
  limits.body_bytes = options_.event_bytes;
  auto read =
      read_event_json({static_cast<const char*>(message.payload), message.len}, limits);
  if (!read)
    undecodable_.add("kafka broker: dropped a message on " + what_.topic
                         + " that is no event (partition "
                         + std::to_string(message.partition) + ", offset "
                         + std::to_string(message.offset) + "): " + read.error().detail,
                     now);
  std::lock_guard guard{mtx_};
  auto found = shares_.find(message.partition);
  // Fetched for a share that is another member's now.
  if (found == shares_.end() || message.offset < found->second.ledger.delivered()
      || ended_)
    return;
  auto& ledger = found->second.ledger;
  if (unsettled_.full()) {
    // Not asked for, so not from our queue: it comes again after another start.
    gave_back_ = true;
    return;
  }
  ledger.deliver(message.offset);
  if (!read) {
    ledger.settle(message.offset);
    return;
  }
  auto what = std::make_shared<event>();
  what->topic = what_.topic;
  what->headers = std::move(read->headers);
  what->body = std::move(read->body);
  if (message.key != nullptr)
    what->key.assign(static_cast<const char*>(message.key), message.key_len);
  auto tag = unsettled_.add({message.partition, message.offset, term_});
  ++ours_unsettled_;
  caf::anon_send(what_.sink,
                 delivery{std::move(what), tag, message.offset < found->second.known,
                          shared_from_this()});
}

void member::tell_joined(expected<void> outcome) {
  if (!joined_)
    return;
  auto done = std::exchange(joined_, nullptr);
  if (outcome) {
    done(subscription_ptr{shared_from_this()});
    return;
  }
  end(true);
  done(std::move(outcome.error()));
}

// Others of the group get our partitions, and with them what was given back.
void member::step_aside() {
  commit(true);
  rd_kafka_unsubscribe(handle_.get());
  auto until = steady_clock::now() + options_.rejoin_wait;
  for (;;) {
    // The rebalance callback comes from in here.
    message_ptr{rd_kafka_consumer_poll(handle_.get(), poll_ms)};
    lock held{mtx_};
    if (ended_ || (!assigned_ && steady_clock::now() >= until))
      break;
  }
  {
    lock held{mtx_};
    gave_back_ = false;
    if (ended_)
      return;
  }
  subscribe();
}

// -- shares
// ----------------------------------------------------------------------------

void member::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code,
                          rd_kafka_topic_partition_list_t* partitions, void* self) {
  auto& me = *static_cast<member*>(self);
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
    me.assign(*partitions);
  else
    me.revoke();
}

// Where nothing was committed, the share begins with what comes from now on; a
// partition that is newer than its group begins at its first event.
expected<void> member::find_beginnings(rd_kafka_topic_partition_list_t& partitions) {
  auto limit = static_cast<int>(options_.connect_time.count());
  if (auto code = rd_kafka_committed(handle_.get(), &partitions, limit))
    return to_error(code, "where group " + group_ + " left topic " + what_.topic);
  auto any = std::any_of(partitions.elems, partitions.elems + partitions.cnt,
                         [](const auto& x) { return x.offset >= 0; });
  for (auto i = 0; i < partitions.cnt; ++i) {
    auto& x = partitions.elems[i];
    if (x.offset >= 0)
      continue;
    int64_t low = 0;
    int64_t high = 0;
    if (auto code = rd_kafka_query_watermark_offsets(handle_.get(), x.topic,
                                                     x.partition, &low, &high, limit))
      return to_error(code, "where topic " + what_.topic + " ends");
    x.offset = any || begun_here_ ? low : high;
  }
  return {};
}

void member::assign(rd_kafka_topic_partition_list_t& partitions) {
  auto found = find_beginnings(partitions);
  if (!found) {
    // Without a beginning, nothing may be read; the next rebalance tries again.
    trouble_.add("kafka broker: " + found.error().detail, steady_clock::now());
    rd_kafka_assign(handle_.get(), nullptr);
    lock held{mtx_};
    gave_back_ = true;
    return;
  }
  lock held{mtx_};
  ++term_;
  ours_unsettled_ = 0;
  shares_.clear();
  for (auto i = 0; i < partitions.cnt; ++i) {
    const auto& x = partitions.elems[i];
    auto& mine = shares_.emplace(x.partition, share{x.offset}).first->second;
    mine.known = read_delivered(
        {static_cast<const char*>(x.metadata), x.metadata ? x.metadata_size : 0});
    mine.queue.reset(rd_kafka_queue_get_partition(handle_.get(), x.topic, x.partition));
    if (mine.queue)
      rd_kafka_queue_forward(mine.queue.get(), messages_.get());
  }
  assigned_ = true;
  held.unlock();
  begun_here_ = begun_here_ || partitions.cnt > 0;
  next_commit_ = {};
  // After the queues are ours: nothing comes by another way.
  rd_kafka_assign(handle_.get(), &partitions);
}

void member::revoke() {
  commit(true);
  {
    lock held{mtx_};
    assigned_ = false;
    ++term_;
    ours_unsettled_ = 0;
    for (auto& [partition, mine] : shares_)
      if (mine.queue)
        rd_kafka_queue_forward(mine.queue.get(), nullptr);
    shares_.clear();
  }
  rd_kafka_assign(handle_.get(), nullptr);
}

bool member::is_assigned() {
  lock held{mtx_};
  return assigned_;
}

list_ptr member::commitable(lock&) {
  list_ptr result;
  for (auto& [partition, mine] : shares_) {
    auto position = mine.ledger.position();
    auto delivered = std::max(mine.ledger.delivered(), mine.known);
    if (position == mine.committed && delivered == mine.committed_delivered)
      continue;
    if (!result)
      result = make_list(shares_.size());
    auto* x =
        rd_kafka_topic_partition_list_add(result.get(), what_.topic.c_str(), partition);
    x->offset = position;
    set_metadata(*x, write_delivered(delivered));
    mine.committed = position;
    mine.committed_delivered = delivered;
  }
  return result;
}

bool member::commit(bool wait) {
  list_ptr what;
  {
    lock held{mtx_};
    what = commitable(held);
  }
  if (what) {
    auto code = rd_kafka_commit_queue(handle_.get(), what.get(), commits_.get(),
                                      nullptr, nullptr);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      trouble_.add("kafka broker: group " + group_
                       + " can't commit: " + rd_kafka_err2str(code),
                   steady_clock::now());
  }
  auto limit = wait && what ? commit_wait_ms : 0;
  // Without an answer in time, nobody knows.
  auto result = limit == 0;
  while (event_handle answer{rd_kafka_queue_poll(commits_.get(), limit)}) {
    limit = 0;
    auto code = rd_kafka_event_error(answer.get());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) {
      result = true;
      continue;
    }
    result = false;
    trouble_.add("kafka broker: group " + group_
                     + " could not commit: " + rd_kafka_err2str(code),
                 steady_clock::now());
    // Tried again with the next one.
    lock held{mtx_};
    for (auto& [partition, mine] : shares_)
      mine.committed = -1;
  }
  return result;
}

void member::on_error(rd_kafka_t*, int, const char* text, void* self) {
  static_cast<member*>(self)->trouble_.add(std::string{"kafka broker: "} + text,
                                           steady_clock::now());
}

void member::on_log(const rd_kafka_t* handle, int level, const char*,
                    const char* text) {
  auto me = static_cast<member*>(rd_kafka_opaque(handle));
  if (level < log_error && me != nullptr)
    me->trouble_.add(std::string{"kafka broker: "} + text, steady_clock::now());
}

} // namespace mica::broker::kafka
