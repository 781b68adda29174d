#include "io/resolver.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace mica::net {

struct resolver::state {
  receiver deliver;
  lookup how;
  /// Held while something is delivered; a lookup's end must not hold up `ask`.
  std::mutex delivery;
  std::mutex mtx;
  std::deque<std::string> waiting;
  size_t threads = 0;
  bool closed = false;

  bool is_closed() {
    std::lock_guard guard{mtx};
    return closed;
  }
};

namespace {

std::string numeric(const addrinfo& x) {
  char text[NI_MAXHOST] = {};
  if (getnameinfo(x.ai_addr, x.ai_addrlen, text, sizeof(text), nullptr, 0,
                  NI_NUMERICHOST)
      != 0)
    return {};
  return text;
}

} // namespace

resolver::resolver(receiver deliver, lookup how) : state_(std::make_shared<state>()) {
  state_->deliver = std::move(deliver);
  state_->how = std::move(how);
}

resolver::~resolver() {
  // Waits for a delivery that is under way, not for a lookup.
  std::scoped_lock guard{state_->delivery, state_->mtx};
  state_->closed = true;
  state_->waiting.clear();
}

bool resolver::ask(std::string name) {
  std::unique_lock guard{state_->mtx};
  if (state_->waiting.size() >= max_waiting)
    return false;
  state_->waiting.push_back(std::move(name));
  if (state_->threads == max_threads)
    return true;
  ++state_->threads;
  guard.unlock();
  auto work = [shared = state_] {
    std::unique_lock lock{shared->mtx};
    while (!shared->closed && !shared->waiting.empty()) {
      auto next = std::move(shared->waiting.front());
      shared->waiting.pop_front();
      lock.unlock();
      auto result = shared->how(next);
      {
        std::lock_guard delivering{shared->delivery};
        if (!shared->is_closed())
          shared->deliver(next, std::move(result));
      }
      lock.lock();
    }
    --shared->threads;
  };
  try {
    std::thread{std::move(work)}.detach();
  } catch (const std::system_error&) {
    // Another thread takes the name, or nobody does.
    guard.lock();
    if (--state_->threads == 0) {
      state_->waiting.pop_back();
      return false;
    }
  }
  return true;
}

name_cache::answer resolver::system_lookup(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  auto code = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  // Without any address but loopback ones, AI_ADDRCONFIG hides even localhost.
  if (code == EAI_NONAME || code == EAI_ADDRFAMILY || code == EAI_NODATA) {
    hints.ai_flags = 0;
    code = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  }
  if (code != 0)
    return error{errc::connection_failed, "cannot resolve the host name \"" + name
                                              + "\": " + gai_strerror(code)};
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> guard{found, &freeaddrinfo};
  std::vector<std::string> result;
  for (auto* i = found; i != nullptr; i = i->ai_next) {
    auto text = numeric(*i);
    if (!text.empty() && std::find(result.begin(), result.end(), text) == result.end())
      result.push_back(std::move(text));
  }
  if (result.empty())
    return error{errc::connection_failed,
                 "the host name \"" + name + "\" has no address"};
  return result;
}

} // namespace mica::net
