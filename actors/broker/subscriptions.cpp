#include "broker/subscriptions.hpp"

#include "broker/direct_reply.hpp"
#include "mica/codecs/mucp.hpp"
#include "mica/net/caf_error.hpp"
#include "runtime/ask.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace mica::detail {

namespace {

constexpr auto exit_now = caf::exit_reason::user_shutdown;

// Fields of the request that say nothing about the event.
constexpr const char* hop_fields[] = {"Host", "User-Agent", "Accept-Encoding"};

event_ptr event_of(http_request&& request, std::string topic) {
  auto result = std::make_shared<event>();
  result->topic = std::move(topic);
  result->headers = std::move(request.fields);
  for (const auto* name : hop_fields)
    result->headers.erase(name);
  result->body = std::move(request.body);
  return result;
}

} // namespace

subscriptions::subscriptions(parts from) : parts_(std::move(from)) {
  // nop
}

expected<subscriptions::entry> subscriptions::make(const declared_subscriber& what,
                                                   caf::actor user) {
  subscriber_setup setup;
  setup.topic = what.topic;
  setup.options = what.options;
  try {
    setup.core =
        std::make_shared<subscriber_core>(what.make, parts_.wrappers(), parts_.env);
  } catch (const std::exception& x) {
    return error{errc::internal,
                 "the subscriber of topic " + what.topic
                     + " can't be made: " + x.what(),
                 parts_.env->service};
  }
  setup.publish = parts_.publish;
  setup.report = parts_.report;
  setup.use = use_;
  setup.follows = std::move(user);
  auto giving_back = setup.giving_back;
  return entry{what.topic,
               spawn_subscriber(*parts_.system, std::move(setup)),
               std::move(giving_back),
               std::make_shared<std::atomic<size_t>>(0),
               what.options.prefetch,
               nullptr};
}

broker::subscribe_request subscriptions::request_for(const declared_subscriber& what,
                                                     const entry& of) const {
  return {what.topic, what.options.queue, what.options.prefetch,
          caf::actor_cast<broker::sink_actor>(of.shell)};
}

expected<void> subscriptions::add(const broker::broker_actor& at,
                                  const declared_subscriber& what) {
  auto made = make(what, nullptr);
  if (!made)
    return std::move(made.error());
  auto begun = ask<broker::subscription_ptr>(*parts_.system, at, ask_time,
                                             broker::subscribe_atom::value,
                                             request_for(what, *made));
  if (!begun) {
    caf::anon_send_exit(made->shell, exit_now);
    return std::move(begun.error());
  }
  made->at_broker = std::move(*begun);
  parts_.log("Subscribing " + parts_.env->node_id + " to topic: " + what.topic);
  std::lock_guard guard{mtx_};
  entries_.push_back(std::move(*made));
  return {};
}

void subscriptions::follow(const broker::broker_actor& at, declared_subscriber what,
                           caf::actor user, std::function<void(expected<void>)> then) {
  auto made = make(what, std::move(user));
  if (!made)
    return then(std::move(made.error()));
  {
    std::lock_guard guard{mtx_};
    if (stopped_) {
      caf::anon_send_exit(made->shell, exit_now);
      return then(error{errc::unavailable, parts_.env->service + " was stopped",
                        parts_.env->service});
    }
    // Those of actors that have ended.
    std::erase_if(entries_, [](const entry& x) {
      return caf::actor_cast<caf::abstract_actor*>(x.shell)->getf(
          caf::abstract_actor::is_terminated_flag);
    });
    entries_.push_back(*made);
  }
  auto request = request_for(what, *made);
  // The helper ends with the answer.
  parts_.system->spawn<caf::hidden>(
      [](caf::event_based_actor* self, const broker::broker_actor& to,
         const broker::subscribe_request& x, const std::shared_ptr<subscriptions>& home,
         const caf::actor& shell, const std::function<void(expected<void>)>& tell) {
        self->request(to, ask_time, broker::subscribe_atom::value, x)
            .then(
                [=](broker::subscription_ptr& begun) {
                  home->keep(shell, std::move(begun));
                  tell({});
                },
                [=](caf::error& problem) {
                  caf::anon_send_exit(shell, exit_now);
                  tell(from_caf(problem));
                });
      },
      at, std::move(request), shared_from_this(), made->shell, std::move(then));
}

void subscriptions::keep(const caf::actor& shell, broker::subscription_ptr begun) {
  std::lock_guard guard{mtx_};
  for (auto& x : entries_)
    if (x.shell == shell)
      x.at_broker = std::move(begun);
}

std::optional<http_response> subscriptions::take(http_request&& request,
                                                 const net::reply_address& from) {
  auto style = mucp::style_of(request);
  auto answer = [style, env = parts_.env](error why) {
    if (why) {
      env->errors.fetch_add(1, std::memory_order_relaxed);
      if (why.id.empty())
        why.id = env->service;
    }
    return mucp::write_reply(style, {{}, {}, std::move(why)}, env->types);
  };
  auto topic = std::string{request.fields.get_or("Micro-Topic", {})};
  std::vector<entry> takers;
  std::string known;
  {
    std::lock_guard guard{mtx_};
    for (const auto& x : entries_) {
      known += (known.empty() ? "" : ", ") + x.topic;
      if (x.topic == topic)
        takers.push_back(x);
    }
  }
  if (takers.empty())
    return answer({errc::not_found,
                   "no subscriber of topic " + topic.substr(0, 64)
                       + " here; there are: " + (known.empty() ? "none" : known)});
  for (const auto& x : takers)
    if (x.direct->load() >= x.max_direct)
      return answer({errc::overloaded, std::to_string(x.max_direct)
                                           + " events wait for a subscriber of " + topic
                                           + " (subscribe_options::prefetch)"});
  auto what = event_of(std::move(request), std::move(topic));
  auto reply =
      std::make_shared<direct_reply>(takers.size(), [answer, takers, from](error why) {
        for (const auto& x : takers)
          x.direct->fetch_sub(1);
        net::send_reply(from, answer(std::move(why)));
      });
  uint64_t tag = 0;
  for (const auto& x : takers) {
    x.direct->fetch_add(1);
    caf::anon_send(x.shell, broker::delivery{what, ++tag, false, reply});
  }
  return std::nullopt;
}

void subscriptions::unsubscribe(const broker::broker_actor& at) {
  std::vector<std::pair<std::string, broker::subscription_ptr>> open;
  {
    std::lock_guard guard{mtx_};
    for (auto& x : entries_)
      if (auto begun = std::exchange(x.at_broker, nullptr))
        open.emplace_back(x.topic, std::move(begun));
  }
  for (const auto& [topic, begun] : open) {
    auto ended = ask<caf::ok_atom>(*parts_.system, at, ask_time,
                                   broker::unsubscribe_atom::value, begun);
    if (!ended)
      parts_.report("topic " + topic
                    + ": not unsubscribed: " + to_string(ended.error()));
    parts_.log("Unsubscribing " + parts_.env->node_id + " from topic: " + topic);
  }
}

void subscriptions::stop(const broker::broker_actor& at, caf::timespan limit) {
  std::vector<entry> all;
  {
    std::lock_guard guard{mtx_};
    stopped_ = true;
    all = entries_;
  }
  if (all.empty())
    return;
  unsubscribe(at);
  caf::scoped_actor self{*parts_.system};
  auto ignore = [](const caf::error&) {};
  auto drain = [&](const entry& x) {
    return self->request(x.shell, limit, drain_atom::value);
  };
  std::vector<std::pair<const entry*, decltype(drain(all.front()))>> asked;
  for (const auto& x : all)
    asked.emplace_back(&x, drain(x));
  std::vector<const entry*> late;
  for (auto& [which, pending] : asked)
    pending.receive([](caf::ok_atom) {},
                    [&late, x = which](const caf::error&) { late.push_back(x); });
  // What waits in their mailboxes goes back unseen, then what is in their hands.
  for (const auto* x : late)
    x->giving_back->store(true);
  for (const auto* x : late)
    self->request(x->shell, std::chrono::seconds{1}, give_back_atom::value)
        .receive([](caf::ok_atom) {}, ignore);
}

void subscriptions::end() {
  std::vector<entry> all;
  {
    std::lock_guard guard{mtx_};
    stopped_ = true;
    all = std::exchange(entries_, {});
  }
  for (const auto& x : all)
    caf::anon_send_exit(x.shell, exit_now);
}

} // namespace mica::detail
