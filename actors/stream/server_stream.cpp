#include "stream/server_stream.hpp"

#include "server/shell.hpp"

#include <caf/send.hpp>

#include <google/protobuf/message.h>

#include <utility>

namespace mica::detail {

namespace {

// Who refuses before any handler ran: the caller may try another node.
constexpr auto server_id = "mica.server";

class inlet final : public net::stream_receiver {
public:
  explicit inlet(std::shared_ptr<server_stream> stream) : stream_(std::move(stream)) {
    // nop
  }

  void on_data(std::string_view bytes) override {
    stream_->arrive(bytes);
  }

  void on_end(metadata&& trailers) override {
    stream_->arrive_end(std::move(trailers));
  }

  void on_reset(const error& why) override {
    stream_->arrive_failure(why);
  }

  void on_writable() override {
    // `on_written` says more.
  }

  void on_written(size_t bytes) override {
    stream_->arrive_written(bytes);
  }

private:
  std::shared_ptr<server_stream> stream_;
};

} // namespace

server_stream::server_stream(pending_call_ptr call, std::unique_ptr<stream_wire> wire,
                             std::shared_ptr<stream_home> home,
                             const stream_bounds& bounds,
                             std::shared_ptr<std::atomic<size_t>> count)
  : stream_core(std::move(wire), std::move(home), bounds),
    call_(std::move(call)),
    context_(call_),
    request_(call_->method->request->New()),
    count_(std::move(count)) {
  // nop
}

server_stream::~server_stream() {
  uncount();
}

void server_stream::uncount() noexcept {
  if (auto count = std::exchange(count_, nullptr))
    count->fetch_sub(1, std::memory_order_relaxed);
}

void server_stream::begin(handler_core& owner) {
  owner_ = &owner;
  begun_ = true;
  wrap(owner.steps_for(*call_));
  call_->in_kind = [weak = weak_from_this()](const google::protobuf::Message* response,
                                             const error& failure) {
    if (auto self = weak.lock())
      static_cast<server_stream&>(*self).answered(response, failure);
  };
  run();
}

// -- the handler's method ------------------------------------------------------------

bool server_stream::prepare() {
  if (started_)
    return true;
  if (call_->method->kind == method_kind::server_stream) {
    auto state = next(*request_);
    if (state == read_state::waiting)
      return false;
    if (state == read_state::message)
      // There is to be nothing behind it.
      discard_input();
  }
  start();
  return true;
}

void server_stream::start() {
  started_ = true;
  if (!call_->answered())
    owner_->start(*this);
}

void server_stream::enter(std::shared_ptr<handler> object,
                          google::protobuf::Message& request) {
  object_ = std::move(object);
  entered_ = true;
  task_ = object_->open(call_->method_index, context_, request, make_handle());
  if (task_.running())
    task_.when_done(
        [](void* about) { static_cast<server_stream*>(about)->on_task_done(); }, this);
  else if (task_.failure() || task_.ended())
    on_task_done();
}

void server_stream::on_task_done() {
  // Alive while the frame goes, which may hold the last handle.
  auto self = shared_from_this();
  if (auto what = task_.failure())
    user_threw(std::move(what));
  else
    guarded([this] { end(); });
  task_ = {};
  changed();
}

void server_stream::user_threw(std::exception_ptr what) noexcept {
  if (owner_ != nullptr)
    owner_->stream_threw(*this, what);
}

// -- the end -------------------------------------------------------------------------

void server_stream::end() {
  call_->finish({});
}

void server_stream::fail(error why) {
  if (!why)
    return end();
  if (why.id.empty())
    why.id = call_->env->service;
  call_->finish({{}, {}, std::move(why)});
}

void server_stream::cancel() {
  fail({errc::cancelled, "the handler cancelled the call"});
}

void server_stream::answered(const google::protobuf::Message* response,
                             const error& failure) {
  if (!output_open())
    return;
  auto outcome = failure;
  // The call is answered by now: what keeps its response from going is the answer.
  if (response != nullptr)
    if (auto ok = put(*response); !ok) {
      outcome = std::move(ok.error());
      outcome.id = call_->env->service;
    }
  flush_output();
  close_output();
  wire().finish(outcome);
  if (!input_over())
    lost_input(outcome);
  mark_over();
  changed();
}

void server_stream::input_broken(error why) {
  lost_input(why);
  fail(std::move(why));
}

void server_stream::input_ended(error&& why) {
  if (!why && !entered_ && call_->method->kind == method_kind::server_stream)
    why = {errc::protocol_error, "the stream ended without the request's message"};
  if (!why)
    return;
  lost_input(why);
  fail(std::move(why));
}

void server_stream::take_failure(error&& why) {
  lost(why);
  mark_over();
  guarded([this, &why] {
    call_->cancel();
    call_->finish({{}, {}, std::move(why)});
  });
}

void server_stream::on_dropped() {
  fail({errc::internal, "the handler dropped the stream without an end"});
}

bool server_stream::may_deliver() const {
  // A peer that does not read must not make the output grow.
  return writable() || !output_open();
}

bool server_stream::ends_with_input() const {
  // A call whose request is complete goes on.
  return call_->method->kind != method_kind::server_stream || !entered_;
}

bool server_stream::complete() const {
  return !output_open();
}

void server_stream::settled() {
  if (task_.running())
    return;
  // The object may hold a handle of this stream.
  object_ = nullptr;
  uncount();
  if (owner_ != nullptr)
    std::exchange(owner_, nullptr)->gone(*this);
}

void server_stream::abandon() noexcept {
  auto self = shared_from_this();
  owner_ = nullptr;
  // Once more, so that what waits hears of it.
  guarded([this] { fail({errc::unavailable, "the service was stopped"}); });
  run();
  drop_callbacks();
  task_ = {};
  object_ = nullptr;
  uncount();
}

expected<std::unique_ptr<net::stream_receiver>>
open_server_stream(const shell_ref& shell, server_stream_parts parts) {
  if (shell.streams->fetch_add(1, std::memory_order_relaxed) >= shell.max_streams) {
    shell.streams->fetch_sub(1, std::memory_order_relaxed);
    return error{errc::overloaded,
                 std::to_string(shell.max_streams) + " streams of "
                     + std::string{shell.core->descriptor().name}
                     + " are open (handle_options::open_streams)",
                 server_id};
  }
  parts.call->detached = shell.placement != placement::lane;
  auto deadline = parts.call->deadline.has_value();
  auto stream = std::make_shared<server_stream>(
      std::move(parts.call), std::move(parts.wire),
      shell.streams_home ? shell.streams_home
                         : std::make_shared<shell_home>(shell.actor),
      parts.bounds, shell.streams);
  if (shell.placement == placement::lane) {
    shell.core->open(stream);
    if (deadline)
      adopt(shell.actor, stream->call());
  } else {
    caf::anon_send(shell.actor, opened_stream{stream});
  }
  return std::unique_ptr<net::stream_receiver>{std::make_unique<inlet>(stream)};
}

} // namespace mica::detail
