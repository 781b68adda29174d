#include "broker/nats/link.hpp"

#include "broker/driver/driver.hpp"
#include "broker/driver/tally.hpp"
#include "broker/nats/address.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace mica::broker::nats {

namespace {

// Where Debian and its kin keep the authorities to trust; the library has no default.
constexpr auto system_authorities = "/etc/ssl/certs/ca-certificates.crt";

// Handing a message over takes a microsecond; more threads would only wait.
constexpr int delivery_threads = 2;

constexpr auto reconnect_jitter_ms = 100;

// Acknowledgements and requests that wait for a connection; events wait in the outbox.
constexpr int reconnect_buffer_bytes = 1'048'576;

struct options_deleter {
  void operator()(natsOptions* x) const {
    natsOptions_Destroy(x);
  }
};

using options_ptr = std::unique_ptr<natsOptions, options_deleter>;

errc reason_of(natsStatus status) {
  switch (status) {
    case NATS_MAX_PAYLOAD:
      return errc::limit_exceeded;
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT:
    case NATS_INVALID_QUEUE_NAME:
    case NATS_ADDRESS_MISSING:
      return errc::invalid_argument;
    case NATS_TIMEOUT:
      return errc::timeout;
    case NATS_INSUFFICIENT_BUFFER:
      return errc::overloaded;
    case NATS_NOT_PERMITTED:
      return errc::permission_denied;
    case NATS_NO_MEMORY:
    case NATS_SYS_ERROR:
      return errc::internal;
    default:
      return errc::unavailable;
  }
}

} // namespace

error to_error(natsStatus status, const std::string& doing) {
  natsStatus last = NATS_OK;
  auto text = nats_GetLastError(&last);
  auto why = std::string{natsStatus_GetText(status)};
  if (last == status && text != nullptr && *text != '\0')
    why = text;
  return {reason_of(status), doing + ": " + why, "mica.broker.nats"};
}

struct link::shared_state {
  explicit shared_state(report_function report) : trouble(std::move(report)) {
    // nop
  }

  /// What the library says of its own accord.
  tally trouble;
  std::mutex mtx;
  std::condition_variable changed;
  listener to;
  bool closed = false;
  std::string kind;
  std::string why = "not connected yet";
  std::string shown;
};

link::link(std::string kind, nats_options options, broker_environment env)
  : kind_(std::move(kind)),
    options_(std::move(options)),
    env_(std::move(env)),
    state_(std::make_shared<shared_state>(env_.report)) {
  state_->kind = kind_;
}

link::~link() {
  close();
}

expected<void> link::read_addresses() {
  auto texts = !env_.addresses.empty() ? env_.addresses : options_.addresses;
  if (texts.empty())
    texts.push_back("nats://127.0.0.1:4222");
  urls_.clear();
  shown_.clear();
  for (const auto& text : texts) {
    auto x = parse_address(text);
    if (!x)
      return std::move(x.error());
    tls_ = tls_ || x->tls;
    urls_.push_back(std::move(x->url));
    shown_.push_back(std::move(x->shown));
  }
  std::lock_guard guard{state_->mtx};
  state_->shown = shown_.front();
  return {};
}

expected<void> link::configure_tls(natsOptions* options) {
  const auto& tls = env_.client_tls;
  if (!tls_ && !env_.secure && !env_.server_tls)
    return {};
  auto s = natsOptions_SetSecure(options, true);
  const auto& ca = tls.ca_file.empty() ? std::string{system_authorities} : tls.ca_file;
  if (s == NATS_OK && tls.verify)
    s = natsOptions_LoadCATrustedCertificates(options, ca.c_str());
  if (s == NATS_OK && !tls.certificate_file.empty())
    s = natsOptions_LoadCertificatesChain(options, tls.certificate_file.c_str(),
                                          tls.key_file.c_str());
  if (s == NATS_OK && !tls.server_name.empty())
    s = natsOptions_SetExpectedHostname(options, tls.server_name.c_str());
  if (s == NATS_OK && !tls.verify)
    s = natsOptions_SkipServerVerification(options, true);
  if (s == NATS_OK)
    return {};
  auto result = to_error(s, "TLS for " + shown_.front() + ", authorities in " + ca);
  result.reason = errc::invalid_argument;
  return result;
}

expected<void> link::configure(natsOptions* options) {
  std::vector<const char*> urls;
  for (const auto& x : urls_)
    urls.push_back(x.c_str());
  auto closure = state_.get();
  const auto name = env_.node_id.empty() ? env_.service : env_.node_id;
  std::array steps{
      natsOptions_SetServers(options, urls.data(), static_cast<int>(urls.size())),
      natsOptions_SetName(options, name.c_str()),
      natsOptions_SetTimeout(options, options_.connect_time.count()),
      natsOptions_SetWriteDeadline(options, options_.connect_time.count()),
      natsOptions_SetMaxReconnect(options, -1),
      natsOptions_SetReconnectWait(options, options_.reconnect_wait.count()),
      natsOptions_SetReconnectJitter(options, reconnect_jitter_ms, reconnect_jitter_ms),
      natsOptions_SetReconnectBufSize(options, reconnect_buffer_bytes),
      natsOptions_UseGlobalMessageDelivery(options, true),
      natsOptions_SetDisconnectedCB(options, on_disconnected, closure),
      natsOptions_SetReconnectedCB(options, on_connected, closure),
      natsOptions_SetErrorHandler(options, on_error, closure),
      natsOptions_SetRetryOnFailedConnect(options, true, on_connected, closure),
      options_.credentials_file.empty()
          ? NATS_OK
          : natsOptions_SetUserCredentialsFromFiles(
              options, options_.credentials_file.c_str(), nullptr),
  };
  for (auto s : steps)
    if (s != NATS_OK) {
      auto result = to_error(s, "options for " + shown_.front());
      result.reason = errc::invalid_argument;
      return result;
    }
  return configure_tls(options);
}

expected<void> link::open(listener to) {
  if (connection_ != nullptr) {
    if (up())
      return {};
    return away();
  }
  if (auto read = read_addresses(); !read)
    return read;
  // Once per process is enough, and more does no harm.
  nats_SetMessageDeliveryPoolSize(delivery_threads);
  natsOptions* made = nullptr;
  if (auto s = natsOptions_Create(&made); s != NATS_OK)
    return to_error(s, "options");
  options_ptr options{made};
  if (auto done = configure(options.get()); !done)
    return done;
  {
    std::lock_guard guard{state_->mtx};
    state_->to = std::move(to);
    state_->closed = false;
  }
  // The closed callback is the last one of a connection: it lets the state go.
  auto held = std::make_unique<std::shared_ptr<shared_state>>(state_);
  natsOptions_SetClosedCB(options.get(), on_closed, held.get());
  auto s = natsConnection_Connect(&connection_, options.get());
  if (s == NATS_OK || s == NATS_NOT_YET_CONNECTED)
    static_cast<void>(held.release());
  if (s == NATS_OK)
    return {};
  auto result = to_error(s, "no NATS server answers at " + shown_.front());
  if (s == NATS_NOT_YET_CONNECTED) {
    // The reason is known to the connection alone.
    const char* text = nullptr;
    if (natsConnection_GetLastError(connection_, &text) != NATS_OK && text && *text)
      result.detail = "no NATS server answers at " + shown_.front() + ": " + text;
    result.detail += "; trying on";
  }
  result.reason = errc::unavailable;
  std::lock_guard guard{state_->mtx};
  state_->why = result.detail;
  return result;
}

void link::close() {
  if (connection_ == nullptr)
    return;
  {
    std::lock_guard guard{state_->mtx};
    state_->to = {};
  }
  natsConnection_Close(connection_);
  {
    // Callbacks run on a thread of the library that none of ours ever blocks.
    std::unique_lock lock{state_->mtx};
    state_->changed.wait(lock, [this] { return state_->closed; });
    state_->why = "disconnected";
  }
  natsConnection_Destroy(connection_);
  connection_ = nullptr;
}

bool link::up() const {
  return connection_ != nullptr
         && natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

uint64_t link::incarnation() const {
  natsStatistics* stats = nullptr;
  uint64_t in_msgs = 0, in_bytes = 0, out_msgs = 0, out_bytes = 0, reconnects = 0;
  if (natsStatistics_Create(&stats) != NATS_OK)
    return 0;
  if (natsConnection_GetStats(connection_, stats) == NATS_OK)
    natsStatistics_GetCounts(stats, &in_msgs, &in_bytes, &out_msgs, &out_bytes,
                             &reconnects);
  natsStatistics_Destroy(stats);
  return reconnects + 1;
}

expected<void> link::flush(std::chrono::milliseconds limit) const {
  if (!up())
    return away();
  auto s = natsConnection_FlushTimeout(connection_, limit.count());
  if (s == NATS_OK)
    return {};
  return to_error(s, "NATS server " + address());
}

std::string link::address() const {
  if (connection_ != nullptr) {
    std::array<char, 512> url{};
    if (natsConnection_GetConnectedUrl(connection_, url.data(), url.size()) == NATS_OK
        && url[0] != '\0')
      if (auto read = parse_address(url.data()))
        return read->shown;
  }
  std::lock_guard guard{state_->mtx};
  return state_->shown;
}

error link::away() const {
  std::lock_guard guard{state_->mtx};
  auto place = state_->shown.empty() ? "" : " " + state_->shown;
  return {errc::unavailable, "NATS server" + place + " is away: " + state_->why,
          "mica.broker." + kind_};
}

void link::on_connected(natsConnection*, void* closure) {
  auto& state = *static_cast<shared_state*>(closure);
  listener to;
  std::string line;
  {
    std::lock_guard guard{state.mtx};
    to = state.to;
    line = state.kind + " broker: connected to " + state.shown + " again";
  }
  if (to.report)
    to.report(line);
  if (to.up)
    to.up();
}

void link::on_disconnected(natsConnection* nc, void* closure) {
  auto& state = *static_cast<shared_state*>(closure);
  const char* text = nullptr;
  auto s = natsConnection_GetLastError(nc, &text);
  listener to;
  std::string line;
  {
    std::lock_guard guard{state.mtx};
    state.why = text && *text ? text : natsStatus_GetText(s);
    to = state.to;
    line = state.kind + " broker: lost " + state.shown + " (" + state.why
           + "); trying to connect again";
  }
  if (to.report)
    to.report(line);
  if (to.down)
    to.down();
}

void link::on_error(natsConnection*, natsSubscription* sub, natsStatus status,
                    void* closure) {
  auto& state = *static_cast<shared_state*>(closure);
  std::string line;
  {
    std::lock_guard guard{state.mtx};
    line = state.kind + " broker: " + state.shown + ": " + natsStatus_GetText(status);
  }
  int64_t dropped = 0;
  if (status == NATS_SLOW_CONSUMER && sub != nullptr
      && natsSubscription_GetDropped(sub, &dropped) == NATS_OK)
    line = "nats broker: a subscriber is too slow, " + std::to_string(dropped)
           + " events were dropped before they were read (pending_events, "
             "pending_bytes)";
  state.trouble.add(line, std::chrono::steady_clock::now());
}

void link::on_closed(natsConnection*, void* closure) {
  std::unique_ptr<std::shared_ptr<shared_state>> held{
      static_cast<std::shared_ptr<shared_state>*>(closure)};
  auto state = *held;
  std::lock_guard guard{state->mtx};
  state->closed = true;
  state->changed.notify_all();
}

} // namespace mica::broker::nats
