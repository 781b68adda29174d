#define CAF_SUITE gossip.parts

#include "gossip/broadcast_queue.hpp"
#include "gossip/catalog.hpp"
#include "gossip/joiner.hpp"
#include "gossip/streams.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::test;
using namespace mica::discovery;
using namespace mica::discovery::gossip;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};
const moment first{start, std::chrono::nanoseconds{1'700'000'000'000'000'000}};

moment after(std::chrono::nanoseconds x) {
  return {first.now + x, first.wall + x};
}

/// What Go Micro sends.
std::string go_update(update::action what, const service_record& record,
                      std::chrono::nanoseconds expires) {
  update x;
  x.what = what;
  x.expires = static_cast<uint64_t>(expires.count());
  x.metadata = {{"Content-Type", "application/json"}};
  x.data = to_json(record);
  return write(x);
}

bool knows(const catalog& x, const std::string& service) {
  return !x.current(service).versions.empty();
}

} // namespace

CAF_TEST(suspicion times are those of memberlist) {
  CAF_CHECK(suspicion_timeout(4, 1, 1s) == 4s);
  CAF_CHECK(suspicion_timeout(4, 10, 1s) == 4s);
  CAF_CHECK(suspicion_timeout(4, 100, 1s) == 8s);
  CAF_CHECK(suspicion_timeout(5, 1'000, 500ms) == 7'500ms);
  suspicion x{"a", 3, 2s, 30s, start};
  CAF_CHECK(x.deadline() == start + 30s);
  CAF_CHECK(!x.confirm("a"));
  CAF_CHECK(x.confirm("b"));
  CAF_CHECK(x.deadline() == start + 16s);
  CAF_CHECK(!x.confirm("b"));
  CAF_CHECK(x.confirm("c"));
  CAF_CHECK(x.deadline() == start + 7'810ms);
  CAF_CHECK(x.confirm("d"));
  CAF_CHECK(x.deadline() == start + 2s);
  CAF_CHECK(!x.confirm("e"));
  suspicion alone{"a", 0, 2s, 30s, start};
  CAF_CHECK(alone.deadline() == start + 2s);
}

CAF_TEST(broadcasts are repeated as often as memberlist does) {
  CAF_CHECK_EQUAL(retransmit_limit(3, 0), 0);
  CAF_CHECK_EQUAL(retransmit_limit(3, 1), 3);
  CAF_CHECK_EQUAL(retransmit_limit(3, 99), 6);
  CAF_CHECK(push_pull_interval(30s, 32) == 30s);
  CAF_CHECK(push_pull_interval(30s, 33) == 60s);
  CAF_CHECK(push_pull_interval(30s, 65) == 90s);
}

CAF_TEST(rarely sent broadcasts go first then large ones) {
  broadcast_queue x{10};
  x.add("a", "1");
  x.add("b", "333");
  x.add("c", "22");
  using list = std::vector<std::string>;
  CAF_CHECK_EQUAL(x.take(2, 9, 3, 255), (list{"333", "22"}));
  CAF_CHECK_EQUAL(x.take(2, 9, 3, 255), (list{"1", "333"}));
  CAF_CHECK_EQUAL(x.take(2, 100, 3, 2), (list{"22", "1"}));
  CAF_CHECK_EQUAL(x.size(), 3u);
  CAF_CHECK_EQUAL(x.take(2, 100, 3, 255).size(), 3u);
  CAF_CHECK(x.empty());
}

CAF_TEST(newer broadcasts replace older ones of the same name) {
  broadcast_queue x{10};
  x.add("a", "old");
  x.add("a", "new");
  x.add("", "free");
  x.add("", "free too");
  CAF_CHECK_EQUAL(x.size(), 3u);
  for (auto& bytes : x.take(2, 100, 1, 255))
    CAF_CHECK_NOT_EQUAL(bytes, "old");
}

CAF_TEST(a full queue drops what was sent most often) {
  broadcast_queue x{2};
  x.add("a", "1");
  (void)x.take(2, 100, 9, 255);
  x.add("b", "2");
  x.add("c", "3");
  auto left = x.take(2, 100, 9, 255);
  CAF_CHECK_EQUAL(left, (std::vector<std::string>{"3", "2"}));
}

CAF_TEST(the order of messages about a node does not matter) {
  auto record = greeter();
  auto create = go_update(update::create, record, first.wall + 60s);
  auto renewal = go_update(update::create, record, first.wall + 90s);
  auto removal = go_update(update::remove, record, first.wall + 91s);
  std::vector<std::string> all{create, renewal, removal};
  std::sort(all.begin(), all.end());
  do {
    catalog x{"me", {}};
    catalog_outcome out;
    for (auto& bytes : all)
      x.receive(bytes, first, out);
    CAF_CHECK(!knows(x, "greeter"));
  } while (std::next_permutation(all.begin(), all.end()));
}

CAF_TEST(deletions of Go Micro bear no stamp and count once) {
  catalog x{"me", {}};
  catalog_outcome out;
  auto removal = go_update(update::remove, greeter(), 0s);
  x.receive(go_update(update::create, greeter(), first.wall + 60s), first, out);
  x.receive(removal, after(1s), out);
  CAF_CHECK(!knows(x, "greeter"));
  x.receive(go_update(update::create, greeter(), first.wall + 62s), after(2s), out);
  // A repetition of what was heard a second ago.
  x.receive(removal, after(2'100ms), out);
  CAF_CHECK(knows(x, "greeter"));
  // Another one.
  x.receive(removal, after(10s), out);
  CAF_CHECK(!knows(x, "greeter"));
}

CAF_TEST(each message is passed on once) {
  catalog x{"me", {}};
  auto create = go_update(update::create, greeter(), first.wall + 60s);
  catalog_outcome out;
  x.receive(create, first, out);
  CAF_REQUIRE_EQUAL(out.to_tell.size(), 1u);
  CAF_CHECK_EQUAL(out.to_tell[0].bytes, create);
  CAF_CHECK(!out.to_tell[0].own);
  for (auto i = 0; i < 5; ++i)
    x.receive(create, after(1s), out);
  CAF_CHECK_EQUAL(out.to_tell.size(), 1u);
  CAF_CHECK_EQUAL(x.counters().repeated, 5u);
}

CAF_TEST(impossible leases are refused) {
  catalog x{"me", {}};
  catalog_outcome out;
  x.receive(go_update(update::create, greeter(), first.wall - 1s), first, out);
  x.receive(go_update(update::create, greeter(), first.wall + 25h), first, out);
  x.receive(go_update(update::create, greeter(), std::chrono::nanoseconds{-1}), first,
            out);
  x.receive(go_update(update::remove, greeter(), std::chrono::nanoseconds{-1}), first,
            out);
  CAF_CHECK(!knows(x, "greeter"));
  CAF_CHECK_EQUAL(x.counters().bad_lease, 4u);
  x.receive(go_update(update::create, greeter(), first.wall + 1s), first, out);
  CAF_CHECK(knows(x, "greeter"));
}

CAF_TEST(broken and strange updates are counted and ignored) {
  catalog x{"me", {}};
  catalog_outcome out;
  auto good = go_update(update::create, greeter(), first.wall + 60s);
  for (size_t i = 0; i < good.size(); ++i)
    x.receive(good.substr(0, i), first, out);
  auto changed = good;
  for (auto& c : changed) {
    auto before = c;
    c = static_cast<char>(c ^ 0xff);
    x.receive(changed, first, out);
    c = before;
  }
  auto nameless = greeter("");
  x.receive(go_update(update::create, nameless, first.wall + 60s), first, out);
  auto without_nodes = greeter();
  without_nodes.nodes.clear();
  x.receive(go_update(update::create, without_nodes, first.wall + 60s), first, out);
  x.receive(go_update(update::remove, without_nodes, 0s), first, out);
  CAF_CHECK_GREATER(x.counters().broken, 0u);
  CAF_CHECK(!x.counters().last_failure.empty());
}

CAF_TEST(the state of a catalog makes an equal catalog) {
  catalog x{"me", {}};
  catalog_outcome out;
  auto record = greeter();
  record.nodes.push_back({"greeter-2", "10.0.0.1:1", {{"quote", "\"]}{["}}});
  CAF_CHECK(x.put(record, 60s, first, out));
  CAF_CHECK(x.put(greeter("other"), 0s, first, out));
  catalog y{"you", {}};
  y.merge(x.state(first), first, out);
  CAF_CHECK_EQUAL(y.list(), x.list());
  CAF_CHECK_EQUAL(y.counters().broken, 0u);
  y.tick(after(61s), out);
  CAF_CHECK(!knows(y, "greeter"));
  CAF_CHECK(knows(y, "other"));
  y.drop_member("me", after(62s), out);
  CAF_CHECK(!knows(y, "other"));
  y.merge(x.state(first), after(63s), out);
  CAF_CHECK(!knows(y, "other"));
  y.welcome_member("me");
  y.merge(x.state(first), after(63s), out);
  CAF_CHECK(knows(y, "other"));
}

CAF_TEST(the state that Go Micro sends is taken for a while) {
  wire_options options;
  stream_reader reader{options};
  auto message = reader.feed(gossip_capture("pushpull.s2c"));
  CAF_REQUIRE(message && *message);
  auto& state = std::get<push_pull>(**message);
  catalog x{"me", {}};
  catalog_outcome out;
  x.merge(state.user, first, out);
  CAF_CHECK_EQUAL(x.counters().broken, 0u);
  CAF_REQUIRE_GREATER(x.list().size(), 0u);
  x.tick(after(91s), out);
  CAF_CHECK_EQUAL(x.list().size(), 0u);
}

CAF_TEST(a state that is none is refused) {
  for (auto text : {"[", "{", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":[{",
                    "{\"a\":[{}", "{\"a\":[{}]", "{\"a\":[{}]}x", "{\"a\":[1]}", "1",
                    "\"", "{\"a\\", "{\"a\":[{\"name\":\"\\"}) {
    auto n = read_state(text, [](shared_record) {});
    CAF_CHECK(!n);
  }
  auto ignored = read_state("{\"a\":[{},{\"name\":1}],\"b\":null}",
                            [](shared_record) { CAF_FAIL("taken"); });
  CAF_REQUIRE(ignored);
  CAF_CHECK_EQUAL(*ignored, 2u);
  CAF_CHECK(read_state("null", [](shared_record) {}));
  CAF_CHECK(read_state(" {} ", [](shared_record) {}));
  // As deep as it can be.
  std::string deep = "{\"a\":[";
  for (auto i = 0; i < 100'000; ++i)
    deep += "{\"a\":";
  CAF_CHECK(!read_state(deep, [](shared_record) {}));
  deep += std::string(100'000, '}') + "]}";
  CAF_CHECK(!read_state(deep.substr(0, deep.size() - 3), [](shared_record) {}));
}

CAF_TEST(foreign records are bounded) {
  gossip_limits limits;
  limits.services = 2;
  limits.nodes_per_service = 2;
  limits.record_bytes = 2'000;
  limits.tombstones = 3;
  catalog x{"me", limits};
  catalog_outcome out;
  for (auto service : {"a", "b", "c"})
    for (auto id : {"1", "2", "3"})
      x.receive(go_update(update::create, greeter(service, id), first.wall + 60s),
                first, out);
  CAF_CHECK_EQUAL(x.list().size(), 2u);
  CAF_CHECK_EQUAL(x.current("a").versions[0].nodes.size(), 2u);
  CAF_CHECK_EQUAL(x.counters().refused, 5u);
  auto fat = greeter("a", "1");
  fat.nodes[0].metadata["fat"] = std::string(2'000, 'x');
  x.receive(go_update(update::create, fat, first.wall + 61s), first, out);
  CAF_CHECK_EQUAL(x.counters().refused, 6u);
  for (auto i = 0; i < 100; ++i)
    x.receive(
        go_update(update::remove, greeter("z", std::to_string(i)), first.wall + 60s),
        first, out);
  CAF_CHECK_EQUAL(x.list().size(), 2u);
}

CAF_TEST(streams of peers are bounded in number and bytes and time) {
  wire_options options;
  options.limits.streams_in = 2;
  options.limits.streams_bytes = 1'000;
  stream_table x{options};
  std::vector<stream_order> orders;
  std::vector<stream_event> events;
  for (stream_id id : {2, 4, 6})
    x.accepted(id, start, orders);
  CAF_REQUIRE_EQUAL(orders.size(), 1u);
  CAF_CHECK(orders[0].what == stream_order::kind::close && orders[0].id == 6);
  std::string begin(1, '\6');
  append(begin, push_pull_header{0, 5'000, false});
  x.received(2, begin + std::string(600, 'x'), orders, events);
  CAF_CHECK_EQUAL(orders.size(), 1u);
  x.received(4, begin + std::string(600, 'x'), orders, events);
  CAF_REQUIRE_EQUAL(orders.size(), 2u);
  CAF_CHECK(orders[1].id == 4);
  CAF_CHECK_EQUAL(x.incoming(), 1u);
  x.tick(start + stream_time, orders, events);
  CAF_CHECK_EQUAL(x.incoming(), 0u);
  CAF_CHECK(!x.next());
  // Room again.
  x.accepted(8, start, orders);
  x.received(8, begin + std::string(600, 'x'), orders, events);
  CAF_CHECK_EQUAL(x.incoming(), 1u);
}

CAF_TEST(an answered stream counts until it is gone) {
  wire_options options;
  options.compress = false;
  options.limits.streams_bytes = 1'000;
  stream_table x{options};
  std::vector<stream_order> orders;
  std::vector<stream_event> events;
  for (stream_id id : {2, 4})
    x.accepted(id, start, orders);
  x.answer(2, std::string(600, 'x'), start, orders);
  CAF_CHECK_EQUAL(x.incoming(), 2u);
  x.answer(4, std::string(600, 'x'), start, orders);
  CAF_CHECK_EQUAL(x.incoming(), 1u);
  x.ended(2, {}, events);
  CAF_CHECK_EQUAL(x.incoming(), 0u);
}

CAF_TEST(seeds are asked until they answer and again when they are lost) {
  host_port own{*mdns::parse_ip("10.0.0.1"), 1, 0};
  auto x = joiner::make({"10.0.0.1:1", "10.0.0.2:2", "there:3"}, start);
  CAF_REQUIRE(x);
  member_table nobody{1};
  auto asked = x->tick(nobody, own, 8, start);
  CAF_REQUIRE_EQUAL(asked.size(), 2u);
  CAF_CHECK_EQUAL(to_string(asked[0].to), "10.0.0.2:2");
  CAF_CHECK_EQUAL(asked[1].name, "there");
  CAF_CHECK(x->busy(start));
  CAF_CHECK(x->tick(nobody, own, 8, start + 1h).size() == 0u);
  x->failed(1, "refused", start);
  x->resolved(2, {}, "unknown", start);
  CAF_CHECK(!x->busy(start));
  CAF_CHECK(x->tick(nobody, own, 8, start + 999ms).empty());
  CAF_CHECK_EQUAL(x->tick(nobody, own, 1, start + 1s).size(), 1u);
  x->failed(1, "refused", start + 1s);
  // Twice as long.
  CAF_CHECK_EQUAL(x->tick(nobody, own, 8, start + 2'900ms).size(), 1u);
  CAF_CHECK_EQUAL(x->tick(nobody, own, 8, start + 3s).size(), 1u);
  x->succeeded(1, start + 3s);
  CAF_CHECK(x->trouble().empty());
  member_table others{1};
  auto& seed = others.add("b");
  seed.addr = std::string("\x0a\0\0\2", 4);
  seed.port = 2;
  seed.state = member_state::alive;
  CAF_CHECK(x->tick(others, own, 8, start + 60s).empty());
  seed.state = member_state::dead;
  CAF_CHECK_EQUAL(x->tick(others, own, 8, start + 120s).size(), 1u);
}

CAF_TEST(impossible seeds are refused) {
  for (auto text : {"", "host", "host:", "host:0", "host:99999", "[::1:5"})
    CAF_CHECK(!joiner::make({text}, start));
}
