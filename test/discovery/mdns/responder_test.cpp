#define CAF_SUITE mdns.responder

#include "virtual_lan.hpp"

#include "mdns/advert.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery::mdns;
using namespace mica::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

using mica::errc;
using mica::discovery::service_record;

namespace {

struct fixture {
  fixture() : host(lan.add()) {
    // nop
  }

  message parsed(const std::string& bytes) {
    auto result = parse_message(bytes);
    if (!result)
      CAF_FAIL(result.error().detail);
    return *result;
  }

  std::string query(const std::string& name, rr_type type = rr_type::ptr,
                    bool unicast = false) {
    message m;
    m.id = 4711;
    m.questions.push_back({name, type, unicast});
    return *write_message(m);
  }

  size_t announcements() {
    auto n = host.sent.size();
    host.sent.clear();
    return n;
  }

  std::string refusal(const service_record& x, errc reason) {
    auto result = lan.add_node(host, x);
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == reason);
    return result.error().detail;
  }

  virtual_lan lan;
  lan_host& host;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What Go Micro's querier demands of an answer (wire reference 6), applied in its
/// order: the entry is the last instance touched, its TTL that of the last record.
struct go_entry {
  std::string name, address, text;
  uint16_t port = 0;
  uint32_t ttl = 0;
};

std::vector<go_entry> as_go_reads(const std::vector<std::string>& datagrams,
                                  const std::string& asked) {
  std::vector<go_entry> result;
  for (auto& bytes : datagrams) {
    auto m = parse_message(bytes);
    CAF_REQUIRE(m);
    if (!m->response || m->questions.empty() || m->questions[0].name != asked)
      continue;
    std::map<std::string, go_entry> entries;
    std::map<std::string, std::string> aliases;
    go_entry* last = nullptr;
    for (auto& r : m->answers) {
      auto name = aliases.count(r.name) ? aliases[r.name] : r.name;
      if (auto ptr = std::get_if<ptr_data>(&r.data))
        name = ptr->target;
      if (auto srv = std::get_if<srv_data>(&r.data)) {
        aliases[srv->target] = r.name;
        entries[name].port = srv->port;
      }
      if (auto ip = std::get_if<ip_address>(&r.data))
        entries[name].address = to_string(*ip);
      if (auto txt = std::get_if<txt_data>(&r.data))
        entries[name].text = txt->text;
      last = &entries[name];
      last->name = name;
      last->ttl = r.ttl;
    }
    if (last != nullptr && !last->address.empty() && last->port != 0 && last->ttl != 0)
      result.push_back(*last);
  }
  return result;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(responder_tests, fixture)

  CAF_TEST(a registered node answers the captured query of a Go client at once) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto replies = lan.send(host, mdns_capture("v2-get-query"));
    CAF_REQUIRE_EQUAL(replies.size(), 1u);
    auto reply = parsed(replies[0]);
    CAF_CHECK_EQUAL(reply.id, 0x83c3);
    CAF_CHECK(reply.response && reply.authoritative);
    CAF_REQUIRE_EQUAL(reply.questions.size(), 1u);
    CAF_CHECK_EQUAL(reply.questions[0].name, "greeter.micro");
    auto name = "greeter-1.greeter.micro"s;
    CAF_REQUIRE_EQUAL(reply.answers.size(), 4u);
    CAF_CHECK(reply.answers[0] == (record{"greeter.micro", 120, ptr_data{name}}));
    CAF_CHECK(reply.answers[1] == (record{name, 120, srv_data{10, 1, 8080, "host-1"}}));
    CAF_CHECK(reply.answers[2] == (record{"host-1", 120, *parse_ip("10.0.0.1")}));
    std::string why;
    auto advert = read_advert(std::get<txt_data>(reply.answers[3].data).text, why);
    CAF_REQUIRE(advert);
    CAF_CHECK_EQUAL(advert->name, "greeter");
    CAF_CHECK_EQUAL(advert->nodes[0].metadata.at("protocol"), "mucp");
  }

  CAF_TEST(a Go client finds every node with its own address and port) {
    auto both = greeter("a", "10.0.0.1:1");
    both.nodes.push_back({"b", "10.9.9.9:2", {}});
    both.nodes.push_back({"c", "[2001:db8::1]:3", {}});
    CAF_REQUIRE(lan.add_node(host, both));
    auto entries = as_go_reads(lan.send(host, query("greeter.micro")), "greeter.micro");
    CAF_REQUIRE_EQUAL(entries.size(), 3u);
    CAF_CHECK_EQUAL(entries[0].name, "a.greeter.micro");
    CAF_CHECK_EQUAL(entries[0].address, "10.0.0.1");
    CAF_CHECK_EQUAL(entries[0].port, 1);
    CAF_CHECK_EQUAL(entries[1].address, "10.9.9.9");
    CAF_CHECK_EQUAL(entries[2].address, "2001:db8::1");
  }

  CAF_TEST(a Go client that lists services finds each once) {
    auto two = greeter("a", "10.0.0.1:1");
    two.nodes.push_back({"b", "10.0.0.1:2", {}});
    CAF_REQUIRE(lan.add_node(host, two));
    auto other = greeter("x", "10.0.0.1:3");
    other.name = "go.micro.srv.other";
    CAF_REQUIRE(lan.add_node(host, other));
    auto replies = lan.send(host, mdns_capture("v2-list-query"));
    auto entries = as_go_reads(replies, "_services.micro");
    CAF_REQUIRE_EQUAL(entries.size(), 2u);
    CAF_CHECK_EQUAL(entries[0].name, "go.micro.srv.other._services.micro");
    CAF_CHECK_EQUAL(entries[0].port, 9999);
    CAF_CHECK_EQUAL(entries[0].address, "0.0.0.0");
    CAF_CHECK_EQUAL(entries[1].name, "greeter._services.micro");
  }

  CAF_TEST(the list reply equals a Go server but for the names and the empty text) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto ours = parsed(lan.send(host, mdns_capture("v2-list-query")).at(0));
    auto theirs = parsed(mdns_capture("v2-list-reply"));
    CAF_CHECK_EQUAL(ours.id, 0x576b);
    ours.id = theirs.id;
    std::get<srv_data>(ours.answers[1].data).target = "vm";
    ours.answers[2].name = "vm";
    CAF_CHECK(ours == theirs);
  }

  CAF_TEST(browsers of service types find the services) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto replies = lan.send(host, query("_services._dns-sd._udp.micro"));
    CAF_REQUIRE_EQUAL(replies.size(), 1u);
    CAF_CHECK(parsed(replies[0]).answers.at(0).data
              == decltype(record::data){ptr_data{"greeter.micro"}});
  }

  CAF_TEST(a node is asked for by name and type) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto count = [&](rr_type type) {
      auto replies = lan.send(host, query("greeter-1.greeter.micro", type));
      return replies.empty() ? 0 : parsed(replies.at(0)).answers.size();
    };
    CAF_CHECK_EQUAL(count(rr_type::any), 3u);
    CAF_CHECK_EQUAL(count(rr_type::srv), 2u);
    CAF_CHECK_EQUAL(count(rr_type::txt), 1u);
    CAF_CHECK_EQUAL(count(rr_type::a), 1u);
    CAF_CHECK_EQUAL(count(rr_type::aaaa), 0u);
    CAF_CHECK_EQUAL(count(rr_type::ptr), 0u);
  }

  CAF_TEST(other names and other kinds of messages get no answer) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    for (auto name : {"other.micro", "greeter.local", "Greeter.micro", "micro", "",
                      "greeter", "x.greeter.micro", "_services.local"})
      CAF_CHECK(lan.send(host, query(name)).empty());
    CAF_CHECK(lan.send(host, query("greeter.micro", rr_type::a)).empty());
    auto plain = query("greeter.micro");
    auto with = [&](size_t at, char bits) {
      auto copy = plain;
      copy[at] = static_cast<char>(copy[at] | bits);
      return lan.send(host, copy).size();
    };
    CAF_CHECK_EQUAL(with(2, 0), 1u);
    CAF_CHECK_EQUAL(with(2, 0x08), 0u);   // opcode
    CAF_CHECK_EQUAL(with(2, 0x02), 0u);   // truncated
    CAF_CHECK_EQUAL(with(3, 0x03), 0u);   // rcode
    CAF_CHECK_EQUAL(with(2, '\x80'), 0u); // a response
  }

  CAF_TEST(only addresses of the link are answered) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto q = query("greeter.micro");
    CAF_CHECK_EQUAL(lan.send(host, q, "10.0.0.77").size(), 1u);
    CAF_CHECK_EQUAL(lan.send(host, q, "169.254.3.4").size(), 1u);
    CAF_CHECK(lan.send(host, q, "8.8.8.8").empty());
    CAF_CHECK(lan.send(host, q, "10.0.1.1").empty());
    CAF_CHECK(lan.send(host, q, "0.0.0.0").empty());
    CAF_CHECK(lan.send(host, q, "2001:db8::1").empty());
    CAF_CHECK_EQUAL(host.core->counters().off_link, 4u);
  }

  CAF_TEST(a querier without a source address is answered on the loopback) {
    // Seen from Go Micro on Linux: a socket that joined nothing and sends over lo.
    host.core->links({{1, "lo", true, {{*parse_ip("127.0.0.1"), 8}}}}, 0, lan.now);
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "127.0.0.1:8080")));
    outcome out;
    host.core->receive({query("greeter.micro"), {{}, 50'000, 0}, 1}, lan.now, out);
    CAF_REQUIRE_EQUAL(out.packets.size(), 1u);
    CAF_CHECK_EQUAL(to_string(out.packets[0].to), "127.0.0.1:50000");
  }

  CAF_TEST(a flood of queries from one source is answered up to the limit) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    auto q = query("greeter.micro");
    size_t answers = 0;
    for (int i = 0; i < 10'000; ++i)
      answers += lan.send(host, q, "10.0.0.66").size();
    CAF_CHECK_EQUAL(answers, 2'000u);
    CAF_CHECK_EQUAL(host.core->counters().over_rate, 5'000u);
    CAF_MESSAGE("others are not held back");
    CAF_CHECK_EQUAL(lan.send(host, q, "10.0.0.67").size(), 1u);
    CAF_MESSAGE("after a pause it is answered again");
    lan.advance(1s);
    CAF_CHECK_EQUAL(lan.send(host, q, "10.0.0.66").size(), 1u);
  }

  CAF_TEST(a query from the port of the group is answered to the group once in a second) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    lan.advance(10s);
    announcements();
    CAF_CHECK(lan.send(host, query("greeter.micro"), "10.0.0.9", 5353).empty());
    CAF_REQUIRE_EQUAL(host.sent.size(), 1u);
    CAF_CHECK_EQUAL(host.sent[0].id, 0);
    CAF_CHECK(host.sent[0].questions.empty());
    CAF_CHECK_EQUAL(host.sent[0].answers.size(), 4u);
    lan.send(host, query("greeter.micro"), "10.0.0.9", 5353);
    CAF_CHECK_EQUAL(announcements(), 1u);
    CAF_MESSAGE("unless it asks for unicast");
    auto wanted = query("greeter.micro", rr_type::ptr, true);
    CAF_CHECK_EQUAL(lan.send(host, wanted, "10.0.0.9", 5353).size(), 1u);
  }

  CAF_TEST(a new node is announced after 0 and 1 and 3 seconds then twice in a TTL) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), 40s));
    CAF_CHECK_EQUAL(announcements(), 1u);
    lan.advance(999ms);
    CAF_CHECK_EQUAL(announcements(), 0u);
    lan.advance(1ms);
    CAF_CHECK_EQUAL(announcements(), 1u);
    lan.advance(1999ms);
    CAF_CHECK_EQUAL(announcements(), 0u);
    lan.advance(1ms);
    CAF_CHECK_EQUAL(announcements(), 1u);
    lan.advance(19'999ms);
    CAF_CHECK_EQUAL(announcements(), 0u);
    lan.advance(1ms);
    CAF_CHECK_EQUAL(announcements(), 1u);
  }

  CAF_TEST(an announcement holds all records and no question) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    CAF_REQUIRE_EQUAL(host.sent.size(), 1u);
    auto& m = host.sent[0];
    CAF_CHECK_EQUAL(m.id, 0);
    CAF_CHECK(m.questions.empty());
    CAF_REQUIRE_EQUAL(m.answers.size(), 4u);
    CAF_MESSAGE("SRV A and TXT are as in a Go announcement");
    auto theirs = parsed(mdns_capture("v2-announce")).answers;
    for (size_t i = 0; i < 3; ++i)
      CAF_CHECK_EQUAL(m.answers[i + 1].data.index(), theirs[i].data.index());
  }

  CAF_TEST(renewing the same content sends nothing) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), 60s));
    lan.advance(4s);
    announcements();
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), 60s));
    CAF_CHECK_EQUAL(announcements(), 0u);
  }

  CAF_TEST(changed metadata is announced like a new node) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), 60s));
    lan.advance(4s);
    announcements();
    auto changed = greeter("greeter-1", "10.0.0.1:8080");
    changed.nodes[0].metadata["draining"] = "yes";
    CAF_REQUIRE(lan.add_node(host, changed, 60s));
    CAF_CHECK_EQUAL(announcements(), 1u);
    lan.advance(3s);
    CAF_CHECK_EQUAL(announcements(), 2u);
  }

  CAF_TEST(a node that leaves takes its records back) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080")));
    announcements();
    lan.run(host, [&](auto& core, auto& out) {
      core.remove(greeter("greeter-1", ""), lan.now, out);
    });
    CAF_REQUIRE_EQUAL(host.sent.size(), 1u);
    CAF_CHECK_EQUAL(host.sent[0].answers.size(), 4u);
    for (auto& x : host.sent[0].answers)
      CAF_CHECK_EQUAL(x.ttl, 0u);
    CAF_CHECK(lan.send(host, query("greeter.micro")).empty());
    announcements();
    lan.advance(200s);
    CAF_CHECK_EQUAL(announcements(), 0u);
  }

  CAF_TEST(a lease that ends takes the node along) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), 10s));
    lan.advance(9'999ms);
    CAF_CHECK_EQUAL(lan.send(host, query("greeter.micro")).size(), 1u);
    announcements();
    lan.advance(1ms);
    CAF_REQUIRE_EQUAL(host.sent.size(), 1u);
    CAF_CHECK_EQUAL(host.sent[0].answers.at(0).ttl, 0u);
    CAF_CHECK(lan.send(host, query("greeter.micro")).empty());
  }

  CAF_TEST(the TTL is the lease in whole seconds and never above that of Go Micro) {
    auto ttl = [&](std::chrono::nanoseconds lease) {
      CAF_REQUIRE(lan.add_node(host, greeter("greeter-1", "10.0.0.1:8080"), lease));
      return parsed(lan.send(host, query("greeter.micro")).at(0)).answers.at(0).ttl;
    };
    CAF_CHECK_EQUAL(ttl(1ms), 1u);
    CAF_CHECK_EQUAL(ttl(59'500ms), 60u);
    CAF_CHECK_EQUAL(ttl(1h), 120u);
    CAF_CHECK_EQUAL(ttl(0ms), 120u);
  }

  CAF_TEST(an unspecified address becomes the one of the link) {
    CAF_REQUIRE(lan.add_node(host, greeter("a", "0.0.0.0:8080")));
    CAF_REQUIRE(lan.add_node(host, greeter("b", "[::]:8080")));
    auto entries = as_go_reads(lan.send(host, query("greeter.micro")), "greeter.micro");
    CAF_REQUIRE_EQUAL(entries.size(), 2u);
    CAF_CHECK_EQUAL(entries[0].address, "10.0.0.1");
    CAF_CHECK_EQUAL(entries[1].address, "10.0.0.1");
    CAF_CHECK_EQUAL(nodes(host.core->current("greeter")),
                    (std::vector<std::string>{"a 10.0.0.1:8080", "b 10.0.0.1:8080"}));
  }

  CAF_TEST(goodbyes of others for an own node are answered by an announcement) {
    CAF_REQUIRE(lan.add_node(host, greeter("greeter-lab2", "10.0.0.1:8080")));
    lan.run(host, [&](auto& core, auto& out) {
      CAF_REQUIRE(core.watch("greeter", lan.now, out));
    });
    lan.advance(10s);
    announcements();
    lan.send(host, mdns_capture("v2-goodbye"));
    lan.send(host, mdns_capture("v2-goodbye"));
    lan.advance(0s);
    CAF_CHECK_EQUAL(announcements(), 1u);
    CAF_CHECK_EQUAL(nodes(host.core->current("greeter")).size(), 1u);
  }

  CAF_TEST(what no DNS message can hold is refused with its reason) {
    auto bad = greeter("greeter-1", "10.0.0.1:8080");
    bad.nodes[0].id = std::string(64, 'x');
    CAF_CHECK(
        contains(refusal(bad, errc::invalid_argument), "has 64 bytes; DNS allows 63"));
    bad = greeter("greeter-1", "example.org:8080");
    CAF_CHECK(contains(refusal(bad, errc::invalid_argument), "not host names"));
    bad = greeter("greeter-1", "10.0.0.1:8080");
    bad.name = "a..b";
    CAF_CHECK(contains(refusal(bad, errc::invalid_argument), "empty label"));
    bad.name = "";
    refusal(bad, errc::invalid_argument);
  }

  CAF_TEST(a node above one datagram is refused with the limit) {
    auto bad = greeter("greeter-1", "10.0.0.1:8080");
    // Random digits: zlib makes about half of them, hex doubles that.
    std::minstd_rand random{1};
    for (int i = 0; i < 80'000; ++i)
      bad.nodes[0].metadata["x"] += static_cast<char>('0' + random() % 10);
    auto text = refusal(bad, errc::limit_exceeded);
    CAF_MESSAGE(text);
    CAF_CHECK(
        contains(text, "can't register \"greeter\" with mdns: node \"greeter-1\""));
    CAF_CHECK(contains(text, "65507"));
    CAF_CHECK(lan.send(host, query("greeter.micro")).empty());
  }

  CAF_TEST(a record with one bad node registers none) {
    auto bad = greeter("a", "10.0.0.1:8080");
    bad.nodes.push_back({"b", "nowhere", {}});
    refusal(bad, errc::invalid_argument);
    CAF_CHECK(lan.send(host, query("greeter.micro")).empty());
    CAF_CHECK(host.core->current("greeter").versions.empty());
  }

  CAF_TEST(a process may register a bounded number of nodes) {
    core_options options;
    options.limits.own_nodes = 2;
    auto& small = lan.add(options);
    CAF_REQUIRE(lan.add_node(small, greeter("a", "10.0.0.1:1")));
    CAF_REQUIRE(lan.add_node(small, greeter("b", "10.0.0.1:2")));
    auto result = lan.add_node(small, greeter("c", "10.0.0.1:3"));
    CAF_REQUIRE(!result);
    CAF_CHECK(result.error().reason == errc::limit_exceeded);
    CAF_CHECK(lan.add_node(small, greeter("b", "10.0.0.1:4")));
  }

  CAF_TEST(many nodes are announced in portions) {
    auto many = greeter("node-0", "10.0.0.1:1");
    for (uint16_t i = 1; i < 150; ++i)
      many.nodes.push_back(
          {"node-" + std::to_string(i), "10.0.0.1:" + std::to_string(i), {}});
    CAF_REQUIRE(lan.add_node(host, many));
    CAF_CHECK_EQUAL(announcements(), 64u);
    lan.advance(5ms);
    CAF_CHECK_EQUAL(announcements(), 64u);
    lan.advance(5ms);
    CAF_CHECK_EQUAL(announcements(), 22u);
    CAF_MESSAGE("all are answered for from the start");
    CAF_CHECK_EQUAL(lan.send(host, query("greeter.micro")).size(), 150u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
