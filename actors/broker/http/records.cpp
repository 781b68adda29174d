#include "broker/http/records.hpp"

#include <algorithm>
#include <utility>

namespace mica::broker::http {

namespace {

// Ours: at such a node HTTP/2 is spoken too, without TLS by prior knowledge.
constexpr auto protocols_label = "mica-protocols";
constexpr auto http2_protocols = "http2,http1";

// Ours: the same subscription under v2's name.
constexpr auto twin_label = "mica-twin";

std::string_view label(const discovery::node& node, const char* name) {
  auto found = node.metadata.find(name);
  return found == node.metadata.end() ? std::string_view{} : found->second;
}

bool speaks_http2(const discovery::node& node) {
  return label(node, protocols_label).find("http2") != std::string_view::npos;
}

discovery::service_record record_of(const announcement& what, std::string_view name,
                                    const std::string& id) {
  discovery::service_record result;
  result.name = name;
  result.version = what.queue.empty() ? std::string{broadcast_version} : what.queue;
  result.nodes.push_back({id,
                          what.address,
                          {{"broker", "http"},
                           {"secure", what.secure ? "true" : "false"},
                           {"topic", what.topic},
                           {protocols_label, http2_protocols}}});
  return result;
}

} // namespace

std::vector<discovery::service_record> records_of(const announcement& what) {
  std::vector<discovery::service_record> result;
  result.push_back(record_of(what, v2_service, what.id));
  if (!what.v1_id.empty()) {
    result.push_back(record_of(what, v1_service, what.v1_id));
    result.back().nodes[0].metadata[twin_label] = what.id;
  }
  return result;
}

recipient_table::recipient_table(size_t most, bool secure)
  : most_(most),
    secure_(secure) {
  // nop
}

size_t recipient_table::update(const discovery::snapshot& x) {
  if (x.service != v1_service && x.service != v2_service)
    return 0;
  auto speaks = x.service == v1_service ? generation::v1 : generation::v2;
  auto& list = speaks == generation::v1 ? v1_ : v2_;
  list.clear();
  size_t left_out = 0;
  for (const auto& version : x.versions) {
    auto queue = version.version == broadcast_version ? std::string{} : version.version;
    for (const auto& node : version.nodes) {
      auto topic = label(node, "topic");
      if (label(node, "broker") != "http" || topic.empty()
          || !label(node, twin_label).empty())
        continue;
      if (list.size() == most_) {
        ++left_out;
        continue;
      }
      auto http =
          speaks_http2(node) ? net::http_version::http2 : net::http_version::http1;
      auto secure = secure_ || label(node, "secure") == "true";
      list.push_back({std::make_shared<const recipient>(recipient{
                          node.id, {node.address, http, secure}, speaks, queue}),
                      std::string{topic}});
    }
  }
  rebuild();
  return left_out;
}

void recipient_table::add(const announcement& what) {
  net::target to{what.address, net::http_version::http2, what.secure || secure_};
  own_.push_back({std::make_shared<const recipient>(
                      recipient{what.id, to, generation::v2, what.queue}),
                  what.topic});
  rebuild();
}

void recipient_table::remove(const std::string& id) {
  auto has_id = [&](const known& x) { return x.who->id == id; };
  std::erase_if(own_, has_id);
  std::erase_if(v2_, has_id);
  rebuild();
}

void recipient_table::rebuild() {
  topics_.clear();
  by_id_.clear();
  for (const auto* list : {&own_, &v2_, &v1_}) {
    for (const auto& [who, topic] : *list) {
      if (!by_id_.emplace(who->id, who).second)
        continue;
      auto& to = topics_[topic];
      (who->queue.empty() ? to.broadcast : to.queues[who->queue]).push_back(who);
    }
  }
}

const audience* recipient_table::find(std::string_view topic) const {
  auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

recipient_ptr recipient_table::recipient_of(const std::string& id) const {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

} // namespace mica::broker::http
