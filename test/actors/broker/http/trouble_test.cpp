// What goes wrong between live brokers, and how they end.

#define CAF_SUITE http_broker_trouble

#include "http_world.hpp"

#include "net/tls/tls_fixture.hpp"

#include "mica/codecs/event_json.hpp"

using namespace mica;
using namespace mica::broker;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using strings = std::multiset<std::string>;

strings bodies(const std::vector<delivery>& of) {
  strings result;
  for (const auto& x : of)
    result.insert(x.what->body);
  return result;
}

// A registry that is away.
discovery::registry_actor::behavior_type no_registry() {
  using namespace discovery;
  auto away = [] { return to_caf({errc::unavailable, "registry away"}); };
  return {
      [=](register_atom, const service_record&,
          caf::timespan) -> caf::result<caf::ok_atom> { return away(); },
      [=](deregister_atom, const service_record&) -> caf::result<caf::ok_atom> {
        return away();
      },
      [=](lookup_atom, const std::string&) -> caf::result<snapshot> { return away(); },
      [=](list_atom) -> caf::result<std::vector<service_record>> { return away(); },
      [=](watch_atom, const std::string&, const watcher_actor&) {},
      [](name_atom) { return std::string{"none"}; },
  };
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_broker_trouble_tests, http_world)

  CAF_TEST(what a slow subscriber has no room for comes again or is an error) {
    http_broker_options options;
    options.waiting_events = 4;
    options.attempts = 3;
    options.backoff = 5ms;
    options.max_backoff = 10ms;
    auto there = connected(options);
    auto here = connected(options);
    auto& who = keep();
    auto subscription = subscribe(there, who, {}, 1);
    std::vector<publish_outcome> open;
    for (int i = 0; i < 20; ++i)
      open.push_back(publish(here, std::to_string(i)));
    strings taken;
    for (size_t settled = 0;; ++settled) {
      auto all = [&] {
        return std::none_of(open.begin(), open.end(),
                            [](auto& x) { return is_open(x); });
      };
      auto got = who.taken();
      while (got.size() <= settled && !all())
        got = who.taken();
      if (got.size() <= settled)
        break;
      taken.insert(got[settled].what->body);
      subscription->settle(got[settled].tag, verdict::ack);
    }
    size_t refused = 0;
    for (int i = 0; i < 20; ++i) {
      auto got = result(open[static_cast<size_t>(i)]);
      CAF_CHECK_EQUAL(got.has_value(), taken.count(std::to_string(i)) == 1);
      if (!got) {
        ++refused;
        CAF_CHECK(contains(got.error().detail, "http_broker_options::waiting_events"));
      }
    }
    CAF_CHECK(taken.size() >= 5u);
    CAF_CHECK_EQUAL(refused + taken.size(), 20u);
  }

  CAF_TEST(a subscriber that dies leaves publish with an error that names it) {
    auto there = connected();
    auto here = connected();
    auto& who = keep();
    subscribe(there, who);
    auto pending = publish(here, "x");
    who.await(1);
    caf::anon_send_exit(who.sink, caf::exit_reason::kill);
    // Its registration goes with it, so that the publisher may see it leave first.
    auto got = result(pending);
    CAF_CHECK(got || contains(got.error().detail, "events-"));
    CAF_CHECK(ids("micro.http.broker").empty());
    must(publish(here, "y"));
  }

  CAF_TEST(a subscriber that is not there is an error after the last attempt) {
    http_broker_options options;
    options.attempts = 2;
    options.backoff = 1ms;
    auto here = connected(options);
    auto& good = record();
    subscribe(connected(), good);
    discovery::service_record gone;
    gone.name = "micro.http.broker";
    gone.version = "ff.http.broadcast";
    gone.nodes.push_back(
        {"events-gone", "127.0.0.1:1", {{"broker", "http"}, {"topic", "events"}}});
    live.ask<caf::ok_atom>(registry, discovery::register_atom::value, gone,
                           caf::timespan{0});
    auto why = failure(publish(here, "x"));
    CAF_CHECK(why.reason == errc::unavailable);
    CAF_CHECK(contains(why.detail, "1 of 2 subscribers did not get it: events-gone at "
                                   "127.0.0.1:1: "));
    CAF_CHECK_EQUAL(good.taken().size(), 1u);
  }

  CAF_TEST(a publisher that dies leaves its event with the subscriber) {
    auto there = connected();
    auto& who = keep();
    auto subscription = subscribe(there, who, {}, 1);
    {
      raw_peer peer{address(there)};
      auto body = write_event_json({{"Micro-Topic", "events"}}, "x");
      peer.send(post("/?id=" + ids("micro.http.broker").at(0), body));
      who.await(1);
      peer.reset();
    }
    subscription->settle(who.taken().at(0).tag, verdict::ack);
    auto here = connected();
    auto pending = publish(here, "y");
    CAF_CHECK_EQUAL(who.await(2).size(), 2u);
    subscription->settle(who.taken().at(1).tag, verdict::ack);
    must(std::move(pending));
  }

  CAF_TEST(over TLS events go by a certificate that is trusted) {
    scratch_dir dir;
    test_authority authority;
    auto pair = authority.issue({"127.0.0.1"});
    auto env = environment();
    env.server_tls.certificate_file = dir.write("cert.pem", pair.certificate);
    env.server_tls.key_file = dir.write("key.pem", pair.key);
    env.client_tls.ca_file = dir.write("ca.pem", authority.pair.certificate);
    auto there = connected({}, env);
    auto here = connected({}, env);
    auto& who = record();
    subscribe(there, who);
    must(publish(here, "x"));
    CAF_CHECK_EQUAL(who.taken().size(), 1u);
    // Another authority.
    http_broker_options hurried;
    hurried.attempts = 1;
    test_authority other{"another authority"};
    env.client_tls.ca_file = dir.write("other.pem", other.pair.certificate);
    auto why = failure(publish(connected(hurried, env), "y"));
    CAF_CHECK(why.reason == errc::unavailable);
    CAF_CHECK(contains(why.detail, "certificate"));
    CAF_CHECK_EQUAL(who.taken().size(), 1u);
  }

  CAF_TEST(a publisher with a certificate reaches subscribers with and without TLS) {
    scratch_dir dir;
    test_authority authority;
    auto pair = authority.issue({"127.0.0.1"});
    auto env = environment();
    env.server_tls.certificate_file = dir.write("cert.pem", pair.certificate);
    env.server_tls.key_file = dir.write("key.pem", pair.key);
    env.client_tls.ca_file = dir.write("ca.pem", authority.pair.certificate);
    auto& secured = record();
    auto& plain = record();
    subscribe(connected({}, env), secured);
    subscribe(connected(), plain);
    auto here = connected({}, env);
    must(publish(here, "x"));
    CAF_CHECK_EQUAL(secured.taken().size(), 1u);
    CAF_CHECK_EQUAL(plain.taken().size(), 1u);
    // Asked to, it speaks nothing but TLS.
    http_broker_options hurried;
    hurried.attempts = 1;
    env.secure = true;
    auto why = failure(publish(connected(hurried, env), "y"));
    CAF_CHECK(contains(why.detail, "1 of 2 subscribers did not get it"));
    CAF_CHECK_EQUAL(plain.taken().size(), 1u);
  }

  CAF_TEST(while the registry is away publish and subscribe fail and say so) {
    auto away = live.sys.spawn(no_registry);
    auto env = environment();
    env.registry = [away] { return expected<discovery::registry_actor>{away}; };
    auto here = connected({}, env);
    auto why = failure(publish(here, "x"));
    CAF_CHECK(why.reason == errc::unavailable);
    CAF_CHECK(contains(why.detail, "registry away"));
    auto answer = live.try_ask<subscription_ptr>(
        here.actor, subscribe_atom::value,
        subscribe_request{"events", {}, 1, record().sink});
    CAF_REQUIRE(!answer);
    CAF_CHECK(answer.error().reason == errc::unavailable);
    CAF_CHECK(contains(answer.error().detail, "registry away"));
    caf::anon_send_exit(away, caf::exit_reason::user_shutdown);
  }

  CAF_TEST(more than the unanswered events is refused at once) {
    http_broker_options options;
    options.unanswered_events = 2;
    auto there = connected();
    auto here = connected(options);
    auto& who = keep();
    auto subscription = subscribe(there, who);
    auto first = publish(here, "0");
    auto second = publish(here, "1");
    auto why = failure(publish(here, "2"));
    CAF_CHECK(why.reason == errc::overloaded);
    CAF_CHECK(contains(why.detail, "2 (http_broker_options::unanswered_events)"));
    for (const auto& x : who.await(2))
      subscription->settle(x.tag, verdict::ack);
    must(std::move(first));
    must(std::move(second));
    auto last = publish(here, "3");
    subscription->settle(who.await(3).at(2).tag, verdict::ack);
    must(std::move(last));
  }

  CAF_TEST(what nobody waits for is reported when it is lost) {
    http_broker_options options;
    options.event_bytes = 1;
    auto here = connected(options);
    here.direct->publish(make_event("xy"), nullptr);
    // The next one is behind it.
    must(publish(here, "x"));
    CAF_CHECK(contains(log(), "1 events were lost that nobody asked about; the last "
                              "one: event on events: 2 bytes, the limit is 1"));
  }

  CAF_TEST(after the end of a subscription nothing comes) {
    auto there = connected();
    auto here = connected();
    auto& who = record();
    auto subscription = subscribe(there, who);
    must(publish(here, "x"));
    live.ask<caf::ok_atom>(there.actor, unsubscribe_atom::value, subscription);
    CAF_CHECK(ids("micro.http.broker").empty());
    CAF_CHECK(ids("go.micro.http.broker").empty());
    must(publish(here, "y"));
    CAF_CHECK_EQUAL(who.taken().size(), 1u);
    live.ask<caf::ok_atom>(there.actor, unsubscribe_atom::value, subscription);
  }

  CAF_TEST(a disconnect waits for what is under way and then takes no more) {
    auto there = connected();
    auto here = connected();
    auto& who = keep();
    auto subscription = subscribe(there, who);
    auto pending = publish(here, "x");
    who.await(1);
    caf::scoped_actor self{live.sys};
    auto leaving = self->request(here.actor, patience, disconnect_atom::value);
    auto refused = failure(publish(connected(), make_event("x", {}, "")));
    CAF_CHECK(refused.reason == errc::invalid_argument);
    CAF_CHECK(is_open(pending));
    subscription->settle(who.taken().at(0).tag, verdict::ack);
    bool ok = false;
    leaving.receive([&](caf::ok_atom) { ok = true; },
                    [](caf::error& why) { CAF_FAIL(to_string(from_caf(why))); });
    CAF_CHECK(ok);
    must(std::move(pending));
    auto why = failure(publish(here, "y"));
    CAF_CHECK(why.reason == errc::unavailable);
    CAF_CHECK_EQUAL(address(here), "");
  }

  CAF_TEST(a disconnect that takes too long tells how many events are left) {
    http_broker_options options;
    options.flush_time = 50ms;
    auto there = connected();
    auto here = connected(options);
    auto& who = keep();
    subscribe(there, who);
    auto pending = publish(here, "x");
    who.await(1);
    auto answer = live.try_ask<caf::ok_atom>(here.actor, disconnect_atom::value);
    CAF_REQUIRE(!answer);
    CAF_CHECK(answer.error().reason == errc::timeout);
    CAF_CHECK(contains(answer.error().detail, "1 published events without an answer"));
    CAF_CHECK(!result(pending));
  }

  CAF_TEST(a broker that was disconnected can connect again) {
    auto there = connected();
    auto here = connected();
    live.ask<caf::ok_atom>(here.actor, disconnect_atom::value);
    live.ask<caf::ok_atom>(here.actor, connect_atom::value);
    auto& who = record();
    subscribe(there, who);
    subscribe(here, who);
    must(publish(here, "x"));
    CAF_CHECK_EQUAL(who.await(2).size(), 2u);
  }

  CAF_TEST(what a stopped subscriber had goes to another one of the queue) {
    auto here = connected();
    auto first = connected();
    auto& stuck = keep();
    auto& good = record();
    subscribe(first, stuck, "q");
    auto pending = publish(here, "x");
    stuck.await(1);
    subscribe(connected(), good, "q");
    caf::anon_send_exit(first.actor, caf::exit_reason::user_shutdown);
    must(std::move(pending));
    CAF_CHECK_EQUAL(good.taken().size(), 1u);
  }

  CAF_TEST(with one event under way they arrive in their order) {
    auto there = connected();
    auto here = connected({.in_flight = 1});
    auto& who = record();
    subscribe(there, who);
    std::vector<publish_outcome> open;
    std::vector<std::string> sent;
    for (int i = 0; i < 300; ++i) {
      sent.push_back(std::to_string(i));
      open.push_back(publish(here, sent.back()));
    }
    for (auto& x : open)
      must(std::move(x));
    std::vector<std::string> got;
    for (const auto& x : who.taken())
      got.push_back(x.what->body);
    CAF_CHECK_EQUAL(got, sent);
    CAF_CHECK(live.ask<traits>(here.actor, traits_atom::value).ordered);
    CAF_CHECK(!live.ask<traits>(there.actor, traits_atom::value).ordered);
  }

  CAF_TEST(a thousand events of several threads arrive once each) {
    auto there = connected();
    auto here = connected();
    auto& who = record();
    subscribe(there, who);
    strings sent;
    std::vector<std::thread> threads;
    std::vector<std::vector<publish_outcome>> open(4);
    for (int i = 0; i < 1000; ++i)
      sent.insert(std::to_string(i));
    for (size_t t = 0; t < open.size(); ++t)
      threads.emplace_back([&, t] {
        for (auto i = t; i < 1000; i += open.size())
          open[t].push_back(publish(here, std::to_string(i)));
      });
    for (auto& x : threads)
      x.join();
    for (auto& list : open)
      for (auto& x : list)
        must(std::move(x));
    CAF_CHECK_EQUAL(bodies(who.taken()), sent);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
