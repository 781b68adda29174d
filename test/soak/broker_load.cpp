// broker-load: one broker under load, for soak tests, benchmarks and foreign peers.
//
//   broker-load NAME ADDRESS soak SECONDS
//   broker-load NAME ADDRESS bench COUNT BYTES
//   broker-load NAME ADDRESS publish TOPIC COUNT
//   broker-load NAME ADDRESS subscribe TOPIC QUEUE COUNT
//
// NAME: nats, jetstream, kafka. soak publishes numbered events for SECONDS, however
// often the server goes away, then waits until each acknowledged one was delivered.

#include "mica/actors/brokers.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace mica;
using namespace mica::broker;
using namespace std::chrono_literals;

using clock_type = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& why) {
  std::cerr << "broker-load: " << why << '\n';
  std::_Exit(1);
}

broker_source source_of(const std::string& name) {
  if (name == "nats")
    return nats_broker();
  if (name == "jetstream")
    return jetstream_broker();
  if (name == "kafka")
    return kafka_broker();
  die("no broker " + name);
}

event_ptr make_event(const std::string& topic, std::string body, uint64_t number) {
  auto result = std::make_shared<event>();
  result->topic = topic;
  result->body = std::move(body);
  result->headers.add("Content-Type", "application/octet-stream");
  result->headers.add("Micro-Topic", topic);
  result->headers.add("X-Number", std::to_string(number));
  return result;
}

class load {
public:
  load(const std::string& name, const std::string& address)
    : system_(config_),
      self_(system_) {
    broker_environment env;
    env.addresses = {address};
    env.service = "broker-load";
    env.report = [](const std::string& line) { std::cerr << line << '\n'; };
    auto made = source_of(name).make(system_, env);
    if (!made)
      die(to_string(made.error()));
    broker_ = std::move(*made);
    must<caf::ok_atom>("connect", connect_atom::value);
  }

  ~load() {
    must<caf::ok_atom>("disconnect", disconnect_atom::value);
    for (const auto& x : sinks_)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(broker_.actor, caf::exit_reason::user_shutdown);
  }

  void subscribe(const std::string& topic, const std::string& queue, size_t prefetch,
                 std::function<void(const event&)> take) {
    auto sink = system_.spawn(
        [](sink_actor::pointer,
           const std::function<void(const event&)>& f) -> sink_actor::behavior_type {
          return {[f](const delivery& x) {
            f(*x.what);
            x.from->settle(x.tag, verdict::ack);
          }};
        },
        std::move(take));
    sinks_.push_back(sink);
    must<subscription_ptr>("subscribe", subscribe_atom::value,
                           subscribe_request{topic, queue, prefetch, sink});
  }

  void publish(event_ptr what, std::function<void(expected<void>)> done) {
    broker_.direct->publish(std::move(what), std::move(done));
  }

private:
  struct config : caf::actor_system_config {
    config() {
      set("scheduler.policy", caf::atom("sharing"));
      set("scheduler.max-threads", size_t{2});
    }
  };

  template <class T, class... Ts>
  void must(const char* what, Ts&&... xs) {
    self_->request(broker_.actor, std::chrono::seconds{60}, std::forward<Ts>(xs)...)
        .receive([](T&) {},
                 [&](caf::error& x) {
                   die(std::string{what} + ": " + to_string(from_caf(x)));
                 });
  }

  config config_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  broker_ref broker_;
  std::vector<sink_actor> sinks_;
};

/// At most `limit` publishes are under way.
class gate {
public:
  explicit gate(size_t limit) : limit_(limit) {
    // nop
  }

  void enter() {
    std::unique_lock lock{mtx_};
    while (inside_ >= limit_)
      changed_.wait_for(lock, 100ms);
    ++inside_;
  }

  void leave() {
    std::lock_guard guard{mtx_};
    --inside_;
    // Not for each one: waking costs more than publishing.
    if (inside_ == limit_ / 2 || inside_ == 0)
      changed_.notify_one();
  }

  void wait_empty() {
    std::unique_lock lock{mtx_};
    while (inside_ > 0)
      changed_.wait_for(lock, 100ms);
  }

private:
  const size_t limit_;
  std::mutex mtx_;
  std::condition_variable changed_;
  size_t inside_ = 0;
};

std::string unique_topic() {
  return "load-" + std::to_string(clock_type::now().time_since_epoch().count());
}

/// Which numbers were acknowledged, which came.
struct ledger {
  std::mutex mtx;
  std::vector<uint8_t> acked;
  std::vector<uint8_t> seen;
  size_t acked_count = 0;
  size_t delivered = 0;

  void mark(std::vector<uint8_t>& where, uint64_t number) {
    if (where.size() <= number)
      where.resize(number + 1024);
    where[number] = 1;
  }

  size_t missing() {
    std::lock_guard guard{mtx};
    size_t result = 0;
    for (size_t i = 0; i < acked.size(); ++i)
      if (acked[i] != 0 && (i >= seen.size() || seen[i] == 0))
        ++result;
    return result;
  }
};

int soak(load& under, std::chrono::seconds length) {
  constexpr auto in_flight = 256;
  constexpr auto last_wait = 90s;
  auto topic = unique_topic();
  ledger book;
  under.subscribe(topic, "soak", 256, [&](const event& x) {
    auto number = std::stoull(x.body);
    std::lock_guard guard{book.mtx};
    book.mark(book.seen, number);
    ++book.delivered;
  });
  std::printf("ready\n");
  std::fflush(stdout);
  gate open{in_flight};
  uint64_t published = 0;
  for (auto end = clock_type::now() + length; clock_type::now() < end;) {
    open.enter();
    auto number = published++;
    under.publish(make_event(topic, std::to_string(number), number),
                  [&, number](expected<void> x) {
                    if (x) {
                      std::lock_guard guard{book.mtx};
                      book.mark(book.acked, number);
                      ++book.acked_count;
                    }
                    open.leave();
                  });
    // A steady load rather than a flood: what counts is what the crashes do to it.
    if (published % 16 == 0)
      std::this_thread::sleep_for(1ms);
  }
  open.wait_empty();
  for (auto end = clock_type::now() + last_wait;
       book.missing() > 0 && clock_type::now() < end;)
    std::this_thread::sleep_for(50ms);
  auto lost = book.missing();
  std::printf("published=%llu acked=%zu delivered>=%zu lost=%zu\n",
              static_cast<unsigned long long>(published), book.acked_count,
              book.delivered, lost);
  return lost == 0 && book.acked_count > 0 ? 0 : 1;
}

int bench(load& under, size_t count, size_t bytes) {
  constexpr auto in_flight = 16'384;
  auto topic = unique_topic();
  std::atomic<size_t> came{0};
  std::atomic<clock_type::duration::rep> last{0};
  under.subscribe(topic, {}, 8'192, [&](const event&) {
    if (++came >= count)
      last = clock_type::now().time_since_epoch().count();
  });
  gate open{in_flight};
  std::atomic<size_t> failed{0};
  std::string body(bytes, 'x');
  auto begin = clock_type::now();
  for (size_t i = 0; i < count; ++i) {
    open.enter();
    under.publish(make_event(topic, body, i), [&](expected<void> x) {
      if (!x)
        ++failed;
      open.leave();
    });
  }
  open.wait_empty();
  auto published = clock_type::now();
  for (auto end = published + 60s; last == 0 && clock_type::now() < end;)
    std::this_thread::sleep_for(1ms);
  auto seconds = [&](clock_type::time_point x) {
    return std::chrono::duration<double>(x - begin).count();
  };
  auto arrived = clock_type::time_point{clock_type::duration{last.load()}};
  std::printf("published/s=%.0f delivered/s=%.0f failed=%zu came=%zu\n",
              static_cast<double>(count) / seconds(published),
              last == 0 ? 0.0 : static_cast<double>(count) / seconds(arrived),
              failed.load(), came.load());
  return failed == 0 && came >= count ? 0 : 1;
}

int publish(load& under, const std::string& topic, size_t count) {
  gate open{64};
  std::atomic<size_t> failed{0};
  for (size_t i = 0; i < count; ++i) {
    open.enter();
    under.publish(make_event(topic, "mica " + std::to_string(i), i),
                  [&](expected<void> x) {
                    if (!x) {
                      std::cerr << to_string(x.error()) << '\n';
                      ++failed;
                    }
                    open.leave();
                  });
  }
  open.wait_empty();
  return failed == 0 ? 0 : 1;
}

int subscribe(load& under, const std::string& topic, const std::string& queue,
              size_t count) {
  std::mutex mtx;
  std::condition_variable changed;
  size_t came = 0;
  under.subscribe(topic, queue, 256, [&](const event& x) {
    std::lock_guard guard{mtx};
    std::cout << x.body << ' ' << x.headers.get_or("X-Number", "") << std::endl;
    ++came;
    changed.notify_one();
  });
  std::cout << "ready" << std::endl;
  std::unique_lock lock{mtx};
  auto all = changed.wait_for(lock, 30s, [&] { return came >= count; });
  if (!all)
    std::cerr << came << " of " << count << " events after 30 s\n";
  return all ? 0 : 1;
}

size_t number(const char* text) {
  return std::stoul(text);
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args{argv + 1, argv + argc};
  if (args.size() < 4)
    die("usage: NAME ADDRESS soak SECONDS | bench COUNT BYTES | publish TOPIC COUNT | "
        "subscribe TOPIC QUEUE COUNT");
  load under{args[0], args[1]};
  const auto& what = args[2];
  if (what == "soak")
    return soak(under, std::chrono::seconds{number(argv[4])});
  if (what == "bench" && args.size() == 5)
    return bench(under, number(argv[4]), number(argv[5]));
  if (what == "publish" && args.size() == 5)
    return publish(under, args[3], number(argv[5]));
  if (what == "subscribe" && args.size() == 6)
    return subscribe(under, args[3], args[4], number(argv[6]));
  die("no such use: " + what);
}
