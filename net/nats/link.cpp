#include "nats/link.hpp"

#include <random>
#include <utility>

namespace mica::net::nats {

namespace {

struct options_deleter {
  void operator()(natsOptions* x) const {
    natsOptions_Destroy(x);
  }
};

// Of the library's own thread per subscription there is no need.
constexpr int delivery_threads = 2;

error failed(natsStatus status, const std::string& doing) {
  auto reason = errc::unavailable;
  if (status == NATS_MAX_PAYLOAD)
    reason = errc::limit_exceeded;
  else if (status == NATS_INVALID_ARG || status == NATS_INVALID_SUBJECT
           || status == NATS_ADDRESS_MISSING)
    reason = errc::invalid_argument;
  return {reason, doing + ": " + natsStatus_GetText(status), "mica.transport.nats"};
}

void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  arrival x;
  x.subject = natsMsg_GetSubject(message);
  if (const auto* reply = natsMsg_GetReply(message))
    x.reply = reply;
  x.nobody = natsMsg_IsNoResponders(message);
  x.data.assign(natsMsg_GetData(message),
                static_cast<size_t>(natsMsg_GetDataLength(message)));
  natsMsg_Destroy(message);
  (*static_cast<link::receiver*>(closure))(std::move(x));
}

// Without it, the library would wait for the server.
void on_connected(natsConnection*, void*) {
  // nop
}

// The last thing that happens to a subscription.
void on_complete(void* closure) {
  delete static_cast<link::receiver*>(closure);
}

} // namespace

std::string without_user(std::string_view url) {
  auto scheme = url.find("://");
  auto start = scheme == std::string_view::npos ? 0 : scheme + 3;
  auto at = url.rfind('@');
  if (at == std::string_view::npos || at < start)
    return std::string{url};
  return std::string{url.substr(0, start)} + std::string{url.substr(at + 1)};
}

std::string make_subject() {
  std::random_device random;
  auto bits = random();
  auto byte = [&](unsigned shift) { return std::to_string(bits >> shift & 0xff); };
  std::uniform_int_distribution<unsigned> port{1, 65'535};
  // 255.255.255.255 is taken.
  return std::to_string(240 + (bits >> 24 & 0x7)) + "." + byte(16) + "." + byte(8) + "."
         + byte(0) + ":" + std::to_string(port(random));
}

expected<void> check_subject(const std::string& subject) {
  auto wrong = [&](const std::string& what) {
    return error{errc::invalid_argument,
                 "the subject \"" + subject + "\" of transport nats " + what};
  };
  if (subject.empty() || subject.front() == '.' || subject.back() == '.'
      || subject.find("..") != std::string::npos)
    return wrong("has an empty part");
  for (unsigned char c : subject)
    if (c <= ' ' || c == 0x7f || c == '*' || c == '>')
      return wrong("holds a space or a wildcard");
  return {};
}

expected<std::shared_ptr<link>> link::open(const nats_transport_options& options,
                                           const transport_environment& env,
                                           bool patient) {
  auto urls = !env.addresses.empty() ? env.addresses : options.addresses;
  if (urls.empty())
    urls.emplace_back("nats://127.0.0.1:4222");
  auto result = std::make_shared<link>();
  std::vector<const char*> texts;
  for (const auto& x : urls) {
    result->shown_ += (result->shown_.empty() ? "" : ",") + without_user(x);
    texts.push_back(x.c_str());
  }
  natsOptions* made = nullptr;
  auto s = natsOptions_Create(&made);
  std::unique_ptr<natsOptions, options_deleter> set{made};
  auto also = [&](auto function, auto... xs) {
    if (s == NATS_OK)
      s = function(made, xs...);
  };
  nats_SetMessageDeliveryPoolSize(delivery_threads);
  also(natsOptions_SetServers, texts.data(), static_cast<int>(texts.size()));
  also(natsOptions_SetName, env.service.c_str());
  also(natsOptions_SetTimeout, options.connect_time.count());
  also(natsOptions_SetWriteDeadline, options.connect_time.count());
  also(natsOptions_SetMaxReconnect, -1);
  also(natsOptions_SetReconnectWait, options.reconnect_wait.count());
  also(natsOptions_UseGlobalMessageDelivery, true);
  if (patient)
    also(natsOptions_SetRetryOnFailedConnect, true, on_connected, nullptr);
  if (s != NATS_OK)
    return failed(s, "address " + result->shown_);
  s = natsConnection_Connect(&result->connection_, made);
  if (s != NATS_OK && s != NATS_NOT_YET_CONNECTED)
    return failed(s, "transport nats: no connection to " + result->shown_
                         + "; is a server there? (--transport_address)");
  return result;
}

link::~link() {
  unsubscribe();
  natsConnection_Destroy(connection_);
}

expected<void> link::subscribe(const std::string& subject, const std::string& queue,
                               receiver to) {
  auto closure = std::make_unique<receiver>(std::move(to));
  natsSubscription* made = nullptr;
  auto s = queue.empty() ? natsConnection_Subscribe(&made, connection_, subject.c_str(),
                                                    on_message, closure.get())
                         : natsConnection_QueueSubscribe(&made, connection_,
                                                         subject.c_str(), queue.c_str(),
                                                         on_message, closure.get());
  if (s == NATS_OK)
    s = natsSubscription_SetOnCompleteCB(made, on_complete, closure.get());
  if (s != NATS_OK)
    return failed(s, "subject " + subject);
  static_cast<void>(closure.release());
  std::lock_guard guard{mtx_};
  subscriptions_.push_back(made);
  return {};
}

void link::unsubscribe() {
  std::vector<natsSubscription*> ended;
  {
    std::lock_guard guard{mtx_};
    ended.swap(subscriptions_);
  }
  for (auto* x : ended) {
    natsSubscription_Unsubscribe(x);
    natsSubscription_Destroy(x);
  }
}

expected<void> link::publish(const std::string& subject, const std::string& reply,
                             std::string_view data) {
  if (natsConnection_Status(connection_) != NATS_CONN_STATUS_CONNECTED)
    return error{errc::connection_failed,
                 "transport nats: the server " + shown_ + " is away",
                 "mica.transport.nats"};
  auto size = static_cast<int>(data.size());
  auto s = reply.empty()
               ? natsConnection_Publish(connection_, subject.c_str(), data.data(), size)
               : natsConnection_PublishRequest(connection_, subject.c_str(),
                                               reply.c_str(), data.data(), size);
  if (s != NATS_OK)
    return failed(s, "transport nats: a message of " + std::to_string(data.size())
                         + " bytes to " + subject);
  return {};
}

expected<void> link::flush(std::chrono::milliseconds limit) {
  if (auto s = natsConnection_FlushTimeout(connection_, limit.count()); s != NATS_OK)
    return failed(s, "transport nats: " + shown_);
  return {};
}

} // namespace mica::net::nats
