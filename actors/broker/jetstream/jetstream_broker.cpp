// NATS with JetStream.

#include "broker/jetstream/js_subscription.hpp"
#include "broker/jetstream/post_box.hpp"
#include "broker/jetstream/replies.hpp"
#include "broker/jetstream/streams.hpp"
#include "broker/nats/pump.hpp"
#include "broker/nats/subjects.hpp"
#include "broker/nats/wire.hpp"
#include "mica/actors/brokers.hpp"
#include "mica/codecs/event_json.hpp"

#include <atomic>
#include <charconv>
#include <set>
#include <utility>

namespace mica::broker::jetstream {

namespace {

using nats::parcel;
using std::chrono::steady_clock;

// Acknowledgements on their way: enough for a gigabit over a long line.
constexpr size_t window_events = 4'096;

// After "nobody listens", before the next try.
constexpr auto nobody_pause = std::chrono::milliseconds{200};

class jetstream_driver : public driver {
public:
  jetstream_driver(jetstream_options options, broker_environment env)
    : options_(std::move(options)),
      env_(std::move(env)),
      link_("jetstream", options_.server, env_),
      streams_(options_),
      unheard_(env_.report),
      pump_({options_.server.waiting_events, options_.server.waiting_bytes,
             window_events, options_.server.publish_time},
            {.up = [this] { return link_.up(); },
             .away = [this] { return link_.away(); },
             .incarnation = {},
             .write = [this](const parcel& x) { return write(x); },
             .confirm = {},
             .urgent = [this] { write_letters(); },
             .tick = [this](auto now) { tick(now); }}) {
    // nop
  }

  ~jetstream_driver() override {
    static_cast<void>(disconnect());
  }

  expected<void> connect() override {
    auto opened = link_.open({.up =
                                  [this] {
                                    for (const auto& x : all())
                                      x->reconnected();
                                    pump_.wake(true);
                                  },
                              .down = {},
                              .report = env_.report});
    if (!link_.is_open())
      return opened;
    if (!out_)
      out_ = std::make_shared<post_box>([this] { pump_.wake(); });
    if (auto made = streams_.open(link_.get()); !made)
      return made;
    if (auto heard = hear_answers(); !heard)
      return heard;
    pump_.start();
    connected_ = true;
    if (!opened)
      return opened;
    return streams_.check();
  }

  expected<void> disconnect() override {
    connected_ = false;
    for (const auto& x : all())
      x->end(false);
    if (!link_.is_open())
      return {};
    auto left = pump_.stop(options_.server.flush_time);
    {
      std::lock_guard guard{mtx_};
      subscriptions_.clear();
    }
    // Settled just now: the server has it before we go.
    if (link_.up())
      static_cast<void>(link_.flush(options_.server.connect_time));
    // Sinks may hold subscriptions for longer.
    if (out_)
      out_->close();
    out_ = nullptr;
    hear_no_more();
    streams_.close();
    link_.close();
    if (left == 0)
      return {};
    return error{errc::timeout,
                 std::to_string(left) + " events were not sent in time (flush_time)",
                 "mica.broker.jetstream"};
  }

  void publish(event_ptr what, publish_done done) override {
    if (!done)
      done = [this, topic = what->topic](expected<void> x) {
        if (!x)
          unheard_.add("jetstream broker: an event on " + topic
                           + " was not stored: " + x.error().detail,
                       steady_clock::now());
      };
    if (auto fine = nats::check_topic(what->topic); !fine)
      return done(std::move(fine));
    if (!connected_)
      return done(error{errc::unavailable, "the jetstream broker is not connected"});
    auto most = options_.server.event_bytes;
    if (what->body.size() > most)
      return done(error{errc::limit_exceeded,
                        "the event has " + std::to_string(what->body.size())
                            + " bytes; at most " + std::to_string(most)
                            + " are sent (jetstream_options::server.event_bytes)"});
    auto x = std::make_shared<parcel>();
    x->subject = what->topic;
    x->bytes = write_event_json(what->headers, what->body);
    x->done = std::move(done);
    pump_.publish(std::move(x));
  }

  void subscribe(subscribe_request what, subscribe_done done) override {
    done(make(std::move(what)));
  }

  void unsubscribe(const subscription_ptr& what, bool abandoned) override {
    // It stays until what is unsettled has been settled: `tick`.
    if (auto x = std::dynamic_pointer_cast<js_subscription>(what))
      x->end(abandoned);
  }

  traits promises() const override {
    return {
        .name = "jetstream", .at_least_once = true, .redelivers = true, .keeps = true};
  }

  std::string address() const override {
    return link_.address();
  }

private:
  expected<subscription_ptr> make(subscribe_request&& what) {
    if (auto fine = nats::check_topic(what.topic); !fine)
      return std::move(fine.error());
    if (auto fine = nats::check_queue(what.queue); !fine)
      return std::move(fine.error());
    if (what.prefetch == 0 || what.prefetch > max_prefetch)
      return error{errc::invalid_argument,
                   "prefetch is 1 to " + std::to_string(max_prefetch)};
    if (!link_.up())
      return link_.away();
    auto result = std::make_shared<js_subscription>(
        std::move(what),
        js_subscription::surroundings{options_, link_, streams_, out_, env_.report});
    if (auto begun = result->begin(); !begun) {
      result->end(true);
      return std::move(begun.error());
    }
    std::lock_guard guard{mtx_};
    subscriptions_.insert(result);
    return subscription_ptr{std::move(result)};
  }

  std::vector<std::shared_ptr<js_subscription>> all() const {
    std::lock_guard guard{mtx_};
    return {subscriptions_.begin(), subscriptions_.end()};
  }

  void tick(steady_clock::time_point now) {
    for (const auto& x : all()) {
      x->tick(now);
      if (x->finished(now)) {
        std::lock_guard guard{mtx_};
        subscriptions_.erase(x);
      }
    }
    // Those that could not be written.
    write_letters();
  }

  // -- publishing
  // ----------------------------------------------------------------------

  // The library's callback outlives its subscription by a moment.
  struct ear {
    std::mutex mtx;
    jetstream_driver* owner;
  };

  using ear_ptr = std::shared_ptr<ear>;

  expected<void> hear_answers() {
    if (answers_ != nullptr)
      return {};
    natsInbox* made = nullptr;
    if (auto s = natsInbox_Create(&made); s != NATS_OK)
      return nats::to_error(s, "inbox");
    inbox_ = made;
    natsInbox_Destroy(made);
    ear_ = std::make_shared<ear>();
    ear_->owner = this;
    auto held = std::make_unique<ear_ptr>(ear_);
    auto s = natsConnection_Subscribe(&answers_, link_.get(), (inbox_ + ".*").c_str(),
                                      on_answer, held.get());
    if (s == NATS_OK)
      s = natsSubscription_SetOnCompleteCB(
          answers_, [](void* x) { delete static_cast<ear_ptr*>(x); }, held.get());
    if (s == NATS_OK) {
      static_cast<void>(held.release());
      // Answers are small, and one comes for each event in flight; none is dropped.
      s = natsSubscription_SetPendingLimits(answers_, -1, -1);
    }
    if (s != NATS_OK)
      return nats::to_error(s, "hearing of acknowledgements");
    return {};
  }

  void hear_no_more() {
    if (!ear_)
      return;
    {
      std::lock_guard guard{ear_->mtx};
      ear_->owner = nullptr;
    }
    ear_ = nullptr;
    natsSubscription_Unsubscribe(answers_);
    natsSubscription_Destroy(std::exchange(answers_, nullptr));
  }

  static void on_answer(natsConnection*, natsSubscription*, natsMsg* message,
                        void* closure) {
    nats::message_ptr held{message};
    auto& to = **static_cast<ear_ptr*>(closure);
    std::lock_guard guard{to.mtx};
    if (to.owner != nullptr)
      to.owner->take_answer(*message);
  }

  void take_answer(natsMsg& message) {
    std::string_view subject{natsMsg_GetSubject(&message)};
    auto digits = subject.substr(subject.rfind('.') + 1);
    uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (natsMsg_IsNoResponders(&message)) {
      lost_stream_ = true;
      pump_.resend_after(nobody_pause);
      return;
    }
    auto answer =
        read_publish_answer({natsMsg_GetData(&message),
                             static_cast<size_t>(natsMsg_GetDataLength(&message))});
    if (answer.what == publish_answer::kind::stored)
      pump_.acknowledge(number, {});
    else
      pump_.acknowledge(number, std::move(answer.why));
  }

  expected<void> write(const parcel& x) {
    if (lost_stream_.exchange(false))
      streams_.forget(x.subject);
    if (auto stream = streams_.stream_of(x.subject); !stream)
      return std::move(stream.error());
    natsMsg* made = nullptr;
    auto number = std::to_string(x.number);
    auto s = natsMsg_Create(&made, x.subject.c_str(), (inbox_ + '.' + number).c_str(),
                            x.bytes.data(), static_cast<int>(x.bytes.size()));
    nats::message_ptr message{made};
    // Written again after a lost answer, it is stored once.
    if (s == NATS_OK)
      s = natsMsgHeader_Set(made, "Nats-Msg-Id", (inbox_ + '.' + number).c_str());
    if (s == NATS_OK)
      s = natsConnection_PublishMsg(link_.get(), made);
    if (s == NATS_OK)
      return {};
    return nats::to_error(s, "publishing on " + x.subject);
  }

  void write_letters() {
    if (!link_.up())
      return;
    auto letters = out_->take();
    for (size_t i = 0; i < letters.size(); ++i) {
      const auto& x = letters[i];
      auto size = static_cast<int>(x.text.size());
      auto s =
          x.reply.empty()
              ? natsConnection_Publish(link_.get(), x.subject.c_str(), x.text.data(),
                                       size)
              : natsConnection_PublishRequest(link_.get(), x.subject.c_str(),
                                              x.reply.c_str(), x.text.data(), size);
      if (s == NATS_OK)
        continue;
      letters.erase(letters.begin(), letters.begin() + static_cast<ptrdiff_t>(i));
      out_->put_back(std::move(letters));
      return;
    }
  }

  const jetstream_options options_;
  const broker_environment env_;
  nats::link link_;
  streams streams_;
  tally unheard_;
  std::shared_ptr<post_box> out_;
  nats::pump pump_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> lost_stream_{false};
  std::string inbox_;
  ear_ptr ear_;
  natsSubscription* answers_ = nullptr;
  mutable std::mutex mtx_;
  std::set<std::shared_ptr<js_subscription>> subscriptions_;
};

} // namespace

} // namespace mica::broker::jetstream

namespace mica {

broker_source jetstream_broker(jetstream_options options) {
  return {"jetstream",
          [options](caf::actor_system& system,
                    const broker_environment& env) -> expected<broker::broker_ref> {
            return broker::spawn_driver(
                system,
                std::make_shared<broker::jetstream::jetstream_driver>(options, env));
          }};
}

} // namespace mica
