#include "nats/nats_listener.hpp"

#include "mica/codecs/event_json.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"
#include "mica/net/lane.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <atomic>
#include <unordered_map>
#include <utility>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::nats::arrival)

namespace mica::net::nats {

namespace {

using limit_atom = caf::atom_constant<caf::atom("limit")>;

// Of one name; lanes of one service share what comes.
constexpr auto queue_name = "mica";

// A server confirms a subscription in well under a second.
constexpr std::chrono::milliseconds flush_time{5'000};

// What tells Go Micro's and our clients that there was no answer.
std::string refusal(const error& why) {
  metadata headers;
  headers.set("Micro-Error", to_json(why));
  return write_event_json(headers, {});
}

class listener : public in_io_thread<caf::event_based_actor> {
public:
  /// @param waiting counts requests on their way to this actor.
  listener(caf::actor_config& cfg, std::shared_ptr<link> to, std::string subject,
           listener_options options, std::shared_ptr<std::atomic<size_t>> waiting)
    : in_io_thread(cfg),
      link_(std::move(to)),
      options_(std::move(options)),
      waiting_(std::move(waiting)),
      subject_(std::move(subject)) {
    // nop
  }

  const char* name() const override {
    return "nats-listener";
  }

  caf::behavior make_behavior() override {
    init_actor(this);
    return {
        [this](listen_atom) { return subject_; },
        [this](arrival& x) {
          --*waiting_;
          take(std::move(x));
        },
        [this](uint64_t number, http_response& x) { answer(number, std::move(x)); },
        [this](drain_atom, caf::timespan limit) { return drain(limit); },
        [this](limit_atom) { end_drain(false); },
        [this](stats_atom) {
          stats_.open = open_.size();
          return stats_;
        },
    };
  }

  void on_exit() override {
    end_drain(false);
    link_->unsubscribe();
  }

private:
  void take(arrival&& x) {
    // Somebody's event, or a ping: nobody waits.
    if (x.reply.empty()) {
      ++stats_.refused;
      return;
    }
    event_json_limits limits;
    limits.body_bytes = options_.limits.body_bytes;
    auto message = read_event_json(x.data, limits);
    if (!message)
      return refuse(x.reply, std::move(message.error()));
    if (message->headers.contains("Micro-Stream"))
      return refuse(x.reply, {errc::invalid_argument,
                              "streams do not travel over the transport nats"});
    ++stats_.requests;
    http_request request;
    request.method = "POST";
    request.target = "/";
    request.fields = std::move(message->headers);
    request.body = std::move(message->body);
    auto number = ++last_;
    open_.emplace(number, x.reply);
    peer_info peer;
    peer.remote = x.reply;
    peer.local = subject_;
    auto now = options_.handler->on_request(std::move(request),
                                            {caf::actor{this}, number}, peer);
    if (now)
      answer(number, std::move(*now));
  }

  void refuse(const std::string& reply, error why) {
    ++stats_.refused;
    why.id = "mica.transport.nats";
    send(reply, refusal(why));
  }

  void answer(uint64_t number, http_response&& x) {
    auto found = open_.find(number);
    if (found == open_.end())
      return;
    auto reply = std::move(found->second);
    open_.erase(found);
    send(reply, write_event_json(x.fields, x.body));
    if (open_.empty() && drained_.pending())
      end_drain(true);
  }

  // An answer that can't be sent is replaced by the reason, which is short.
  void send(const std::string& reply, const std::string& text) {
    auto ok = link_->publish(reply, {}, text);
    if (ok)
      return;
    if (options_.report)
      options_.report(ok.error());
    if (ok.error().reason == errc::limit_exceeded)
      static_cast<void>(link_->publish(reply, {}, refusal(ok.error())));
  }

  caf::result<bool> drain(caf::timespan limit) {
    link_->unsubscribe();
    if (open_.empty())
      return true;
    drained_ = make_response_promise<bool>();
    delayed_send(this, limit, limit_atom::value);
    return drained_;
  }

  void end_drain(bool clean) {
    for (const auto& x : std::exchange(open_, {}))
      options_.handler->on_abandoned({caf::actor{this}, x.first});
    if (drained_.pending())
      drained_.deliver(clean);
  }

  std::shared_ptr<link> link_;
  listener_options options_;
  const std::shared_ptr<std::atomic<size_t>> waiting_;
  const std::string subject_;
  listener_stats stats_;
  /// Requests that are not answered, and whom to answer.
  std::unordered_map<uint64_t, std::string> open_;
  uint64_t last_ = 0;
  caf::typed_response_promise<bool> drained_;
};

} // namespace

expected<listener_actor> spawn_listener(caf::actor_system& system,
                                        listener_options options,
                                        const nats_transport_options& nats,
                                        const transport_environment& env) {
  if (options.tls)
    return error{
        errc::invalid_argument,
        "the transport nats has the TLS of its servers (tls://), none of ours"};
  const auto& asked = options.address;
  auto subject = asked.empty() || asked.substr(asked.rfind(':') + 1) == "0"
                     ? make_subject()
                     : asked;
  if (auto ok = check_subject(subject); !ok)
    return std::move(ok.error());
  auto to = link::open(nats, env, false);
  if (!to)
    return std::move(to.error());
  std::string queue = options.sharing == port_sharing::none ? "" : queue_name;
  auto waiting = std::make_shared<std::atomic<size_t>>(0);
  caf::actor result = system.spawn<listener>(*to, subject, std::move(options), waiting);
  auto ok = (*to)->subscribe(subject, queue,
                             [self = caf::actor_cast<caf::actor_addr>(result), waiting,
                              limit = nats.waiting_requests](arrival&& x) {
                               if (++*waiting > limit)
                                 --*waiting;
                               else if (auto strong = caf::actor_cast<caf::actor>(self))
                                 caf::anon_send(strong, std::move(x));
                             });
  // Before the node is registered: a quick caller would hear that nobody listens.
  if (ok)
    ok = (*to)->flush(flush_time);
  if (!ok) {
    caf::anon_send_exit(result, caf::exit_reason::user_shutdown);
    return std::move(ok.error());
  }
  return caf::actor_cast<listener_actor>(result);
}

} // namespace mica::net::nats
