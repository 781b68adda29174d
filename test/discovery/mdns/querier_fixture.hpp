// A querier on a link: two hosts, and answers made by hand.

#pragma once

#include "virtual_lan.hpp"

#include "mdns/advert.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace mica::test {

using strings = std::vector<std::string>;

struct querier_fixture {
  querier_fixture() : here(lan.add()), there(lan.add()) {
    // nop
  }

  void leave(lan_host& host, const std::string& id) {
    lan.run(host,
            [&](auto& core, auto& out) { core.remove(greeter(id, ""), lan.now, out); });
  }

  void watch(lan_host& host, const std::string& service = "greeter") {
    lan.run(host, [&](auto& core, auto& out) {
      CAF_REQUIRE(core.watch(service, lan.now, out));
    });
  }

  size_t queries(lan_host& host) {
    auto count = static_cast<size_t>(
        std::count_if(host.sent.begin(), host.sent.end(),
                      [](const mdns::message& x) { return !x.response; }));
    host.sent.clear();
    return count;
  }

  /// A response with one node of the greeter; records as they should be.
  mdns::message answer(const std::string& id, uint16_t port, uint32_t ttl = 120) {
    std::string name = id + ".greeter.micro";
    auto content = greeter(id, "");
    mdns::message m;
    m.response = true;
    m.answers = {
        {"greeter.micro", ttl, mdns::ptr_data{name}},
        {name, ttl, mdns::srv_data{10, 1, port, "vm"}},
        {"vm", ttl, *mdns::parse_ip("10.0.0.200")},
        {name, ttl, mdns::txt_data{mdns::write_advert(content, content.nodes[0])}}};
    return m;
  }

  void say(const mdns::message& m) {
    lan.send(here, *mdns::write_message(m), "10.0.0.200", 5353);
  }

  strings known() {
    return nodes(here.core->current("greeter"));
  }

  virtual_lan lan;
  lan_host& here;
  lan_host& there;
};

} // namespace mica::test
