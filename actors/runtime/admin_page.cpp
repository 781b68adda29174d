#include "runtime/admin_page.hpp"

#include "mica/net/addresses.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <utility>

namespace mica::detail {

namespace {

http_response plain(int status, std::string text) {
  http_response result;
  result.status = status;
  result.fields.add("Content-Type", "text/plain; charset=utf-8");
  result.body = std::move(text);
  return result;
}

} // namespace

/// Message to the maker: a page is wanted.
struct wanted_page {
  net::reply_address from;
};

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::wanted_page)

namespace mica::detail {

admin_page::admin_page(caf::actor_system& system, metrics shown)
  : making_(std::make_shared<std::atomic<size_t>>(0)) {
  maker_ = system.spawn([shown = std::move(shown), making = making_](
                            caf::event_based_actor* self) -> caf::behavior {
    net::init_actor(self);
    return {[shown, making](const wanted_page& x) {
      auto page = plain(200, shown.text());
      page.fields.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      net::send_reply(x.from, std::move(page));
      making->fetch_sub(1, std::memory_order_relaxed);
    }};
  });
}

admin_page::~admin_page() {
  stop();
}

void admin_page::stop() {
  if (auto maker = std::exchange(maker_, nullptr))
    caf::anon_send_exit(maker, caf::exit_reason::user_shutdown);
}

std::optional<http_response> admin_page::on_request(http_request&& request,
                                                    const net::reply_address& from,
                                                    const net::peer_info&) {
  std::string_view path = request.target;
  path = path.substr(0, path.find('?'));
  if (path != "/metrics")
    return plain(404, "there is /metrics\n");
  if (request.method != "GET" && request.method != "HEAD") {
    auto result = plain(405, "GET it\n");
    result.fields.add("Allow", "GET, HEAD");
    return result;
  }
  if (making_->load(std::memory_order_relaxed) >= max_pages)
    return plain(503, "too many pages are being made\n");
  making_->fetch_add(1, std::memory_order_relaxed);
  caf::anon_send(maker_, wanted_page{from});
  return std::nullopt;
}

expected<std::string> admin_listen_address(std::string_view given) {
  auto where = net::parse_host_port(given);
  if (!where)
    return std::move(where.error());
  if (where->host.empty())
    where->host = "127.0.0.1";
  return net::to_string(*where);
}

} // namespace mica::detail
