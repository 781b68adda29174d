#include "support.hpp"
#include "support/paths.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace mica::test::consul {

using namespace mica::discovery;
using namespace mica::discovery::consul;

std::string read_file(const std::string& name) {
  auto path = mica::test::source_path("test/discovery/consul/") + name;
  std::ifstream in{path, std::ios::binary};
  if (!in)
    throw std::runtime_error{"can't read " + path};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<captured_request> read_capture(const std::string& name) {
  auto text = read_file("captures/" + name + ".c2s.http");
  std::vector<captured_request> result;
  size_t pos = 0;
  while (text.find("HTTP/1.1\r\n", pos) != std::string::npos) {
    auto head_end = text.find("\r\n\r\n", pos) + 4;
    auto head = text.substr(pos, head_end - pos);
    captured_request x;
    std::istringstream{head} >> x.method >> x.target;
    size_t length = 0;
    if (auto at = head.find("Content-Length: "); at != std::string::npos)
      length = std::stoul(head.substr(at + 16));
    x.body = text.substr(head_end, length);
    pos = head_end + length;
    result.push_back(std::move(x));
  }
  return result;
}

std::string without_tag_bytes(std::string text) {
  for (const char* kind : {"\"t-", "\"e-", "\"v-"}) {
    for (auto at = text.find(kind); at != std::string::npos;
         at = text.find(kind, at + 1))
      text.erase(at + 3, text.find('"', at + 3) - at - 3);
  }
  return text;
}

std::vector<std::string> tags_of(const std::string& body) {
  std::vector<std::string> result;
  auto begin = body.find("\"Tags\":[") + 8;
  std::istringstream list{body.substr(begin, body.find(']', begin) - begin)};
  std::string tag;
  while (std::getline(list, tag, ','))
    result.push_back(tag.substr(1, tag.size() - 2));
  return result;
}

bool scripted_port::start(uint64_t ticket, http_request request) {
  if (takes)
    open.emplace_back(ticket, std::move(request));
  return takes;
}

void scripted_port::cancel(uint64_t ticket) {
  cancelled.push_back(ticket);
  open.erase(std::remove_if(open.begin(), open.end(),
                            [ticket](const auto& x) { return x.first == ticket; }),
             open.end());
}

http_answer answer(int status, std::string body, std::string index) {
  return {status, std::move(body), std::move(index)};
}

mica::error refused_connection() {
  return {errc::connection_failed, "Connection refused"};
}

} // namespace mica::test::consul
