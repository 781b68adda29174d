#include "http/agent_client.hpp"

#include <utility>

namespace mica::discovery {

namespace {

/// What an agent says, as one line of bounded length.
std::string own_words(const std::string& body) {
  std::string out;
  for (unsigned char c : body) {
    if (out.size() == 200) {
      out += "...";
      break;
    }
    out += c >= 0x20 && c != 0x7f ? static_cast<char>(c) : ' ';
  }
  while (out.ends_with(' '))
    out.pop_back();
  return out;
}

errc meaning_of(int status) {
  if (status == 401)
    return errc::unauthenticated;
  if (status == 403)
    return errc::permission_denied;
  if (status == 429 || status >= 500)
    return errc::unavailable;
  if (status >= 400)
    return errc::invalid_argument;
  return errc::protocol_error;
}

mica::error away(const std::string& name, const std::string& url, mica::error failure) {
  failure.detail = name + " at " + url + ": " + failure.detail;
  switch (failure.reason) {
    case errc::connection_failed:
    case errc::connection_lost:
    case errc::timeout:
      return {errc::unavailable, std::move(failure.detail)};
    default:
      return failure;
  }
}

} // namespace

http_port::~http_port() {
  // nop
}

agent_client::agent_client(agent_settings settings, http_port& port, observer watch)
  : settings_(std::move(settings)),
    port_(port),
    observer_(std::move(watch)) {
  // nop
}

uint64_t agent_client::start(api_request request, std::chrono::milliseconds timeout,
                             fail_over mode, handler done) {
  auto ticket = ++last_ticket_;
  call x{std::move(request), timeout, mode, std::move(done), current_, 0};
  if (send(ticket, x))
    calls_.emplace(ticket, std::move(x));
  else
    x.done(mica::error{errc::overloaded, settings_.name + " at " + url()
                                             + ": too many requests are in line"});
  return ticket;
}

void agent_client::cancel(uint64_t ticket) {
  if (calls_.erase(ticket) > 0)
    port_.cancel(ticket);
}

void agent_client::complete(uint64_t ticket, expected<http_answer> outcome) {
  auto found = calls_.find(ticket);
  if (found == calls_.end())
    return;
  auto& x = found->second;
  auto failed = x.agent;
  // One without a leader says so at once; another one may see the leader.
  auto passed_over = !outcome || outcome->status == 503;
  if (passed_over && settings_.urls.size() > 1) {
    auto next = (failed + 1) % settings_.urls.size();
    // Others may have found out before and moved on.
    if (current_ == failed)
      current_ = next;
    if (x.mode == fail_over::at_once && ++x.asked_before < settings_.urls.size()) {
      x.agent = next;
      if (send(ticket, x))
        return;
    }
  } else if (outcome) {
    current_ = failed;
  }
  // The handler may begin and cancel other requests.
  auto done = std::move(x.done);
  calls_.erase(found);
  if (!outcome)
    outcome = away(settings_.name, settings_.urls[failed], std::move(outcome.error()));
  if (observer_)
    observer_(outcome ? mica::error{} : outcome.error());
  done(std::move(outcome));
}

bool agent_client::send(uint64_t ticket, const call& x) {
  http_request out;
  out.method = x.request.method;
  out.url = settings_.urls[x.agent] + x.request.target;
  out.body = x.request.body;
  out.timeout = x.timeout;
  out.tls = settings_.tls;
  out.stream = x.request.stream;
  if (!x.request.header.empty())
    out.headers.push_back(x.request.header);
  if (!settings_.token.empty())
    out.headers.push_back(settings_.token_header + ": " + settings_.token);
  return port_.start(ticket, std::move(out));
}

mica::error refusal(const http_answer& answer, const std::string& url,
                    const std::string& name) {
  if (answer.status == 200)
    return {};
  auto text = name + " at " + url + " answered " + std::to_string(answer.status);
  if (auto words = own_words(answer.body); !words.empty())
    text += ": " + words;
  return {meaning_of(answer.status), std::move(text)};
}

} // namespace mica::discovery
