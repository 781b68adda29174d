#include "stream/client_stream.hpp"

#include "stream/caller_home.hpp"
#include "stream/grpc_wire.hpp"
#include "stream/mucp_wire.hpp"

#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

class inlet final : public net::response_receiver {
public:
  inlet(std::shared_ptr<client_stream> stream, stream_protocol speaks)
    : stream_(std::move(stream)),
      speaks_(speaks) {
    // nop
  }

  void on_open(const net::stream_sender& to) override {
    stream_->arrive_open(to, speaks_);
  }

  void on_head(http_response&& head) override {
    stream_->arrive_head(std::move(head));
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
  std::shared_ptr<client_stream> stream_;
  stream_protocol speaks_;
};

std::unique_ptr<client_wire> make_wire(stream_protocol which, const client_terms& terms,
                                       method_kind kind) {
  if (which == stream_protocol::mucp)
    return std::make_unique<mucp_client_wire>(terms.codec, terms.message_bytes, kind);
  return std::make_unique<grpc_client_wire>(terms.codec, terms.compression,
                                            terms.message_bytes);
}

// The same messages uncompressed; ours, so there is nothing wrong with them.
std::string inflated(std::string_view frames, const client_terms& terms) {
  grpc::message_reader reader{terms.compression, terms.message_bytes};
  std::string result;
  std::string_view message;
  while (reader.next(frames, message)) {
    auto begin = grpc::begin_message(result);
    result += message;
    static_cast<void>(
        grpc::end_message(result, begin, grpc::coding::identity, terms.message_bytes));
  }
  return result;
}

std::string text_of(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& x) {
    return x.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

} // namespace

client_stream::client_stream(const client_terms& terms,
                             std::shared_ptr<stream_home> home,
                             const stream_bounds& bounds, method_kind kind,
                             int attempts)
  : stream_core(make_wire(stream_protocol::grpc, terms, kind), std::move(home), bounds),
    terms_(terms),
    kind_(kind),
    attempts_(attempts) {
  // nop
}

// -- opening -------------------------------------------------------------------------

void client_stream::begin(opener open, std::function<void(const error&)> then) {
  open_ = std::move(open);
  then_ = std::move(then);
  --attempts_;
  // A copy: the stream may be over, and forget its own, before the call returns.
  auto f = open_;
  f(std::static_pointer_cast<client_stream>(shared_from_this()));
}

expected<void> client_stream::set_request(const google::protobuf::Message& request) {
  auto ok = wire().frame(request, out_);
  if (ok)
    restart_output(std::exchange(out_, {}));
  close_output();
  ended_ = true;
  return ok;
}

void client_stream::refuse(const error& why) {
  add_arrival([&why](arrivals& x) { x.failure = why; });
}

std::unique_ptr<net::response_receiver>
client_stream::make_receiver(stream_protocol speaks) {
  return std::make_unique<inlet>(
      std::static_pointer_cast<client_stream>(shared_from_this()), speaks);
}

void client_stream::arrive_open(const net::stream_sender& to, stream_protocol speaks) {
  arrive_with([&](arrivals& x) {
    x.visitors.emplace_back([this, to, speaks] { opened(to, speaks); });
  });
}

// Before, messages are framed for gRPC: that they may be compressed is all that is its
// own.
void client_stream::speak(stream_protocol which) {
  if (which == speaks_)
    return;
  speaks_ = which;
  change_wire(make_wire(which, terms_, kind_));
  if (which == stream_protocol::mucp && terms_.compression != grpc::coding::identity)
    restart_output(inflated(out_, terms_));
}

void client_stream::arrive_head(http_response&& head) {
  arrive_with([&head](arrivals& x) { x.head = std::move(head); });
}

void client_stream::opened(const net::stream_sender& to, stream_protocol speaks) {
  speak(speaks);
  auto& wire = static_cast<client_wire&>(this->wire());
  wire.attach(to);
  if (input_over()) {
    wire.abort();
    return;
  }
  opened_ = true;
  flush_output();
  if (ended_)
    wire.finish({});
}

void client_stream::flush_output() {
  if (!opened_ || out_.empty())
    return;
  if (may_repeat_) {
    may_repeat_ = sent_.size() + out_.size() <= bounds().output_bytes;
    if (may_repeat_)
      sent_ += out_;
    else
      sent_ = {};
  }
  stream_core::flush_output();
}

void client_stream::take_failure(error&& why) {
  auto unheard = why.reason == errc::connection_failed && !answered_;
  if (!unheard || !may_repeat_ || attempts_ <= 0 || input_over()) {
    if (why.id.empty())
      why.id = client_id;
    lost(std::move(why));
    return;
  }
  opened_ = false;
  restart_output(std::exchange(sent_, {}) + out_);
  --attempts_;
  auto f = open_;
  f(std::static_pointer_cast<client_stream>(shared_from_this()));
}

// -- what the peer says --------------------------------------------------------------

void client_stream::take_head(http_response&& head) {
  if (input_over())
    return;
  answered_ = true;
  may_repeat_ = false;
  sent_ = {};
  auto ok = wire().read_head(head);
  headers_ = std::move(head.fields);
  if (ok)
    ok = wire().decode_fields(headers_);
  if (!ok)
    input_broken(std::move(ok.error()));
}

void client_stream::input_broken(error why) {
  fail(std::move(why));
}

void client_stream::input_ended(error&& why) {
  drop_output();
  if (auto ok = wire().decode_fields(trailers_); !ok && !why)
    why = std::move(ok.error());
  if (!why && kind_ == method_kind::client_stream && messages_read() != 1)
    why = {errc::internal, "the call ended well with " + std::to_string(messages_read())
                               + " messages in place of one"};
  if (why && why.id.empty())
    why.id = client_id;
  failure_ = std::move(why);
}

// -- the end -------------------------------------------------------------------------

void client_stream::end() {
  if (!output_open())
    return;
  ended_ = true;
  flush_output();
  close_output();
  if (opened_)
    wire().finish({});
  changed();
}

void client_stream::fail(error why) {
  if (input_over())
    return;
  if (opened_)
    wire().abort();
  if (why.id.empty())
    why.id = client_id;
  lost(std::move(why));
}

void client_stream::cancel() {
  fail({errc::cancelled, "the call was cancelled by its caller"});
}

void client_stream::on_dropped() {
  cancel();
}

void client_stream::user_threw(std::exception_ptr what) noexcept {
  fail({errc::internal, "the code behind the stream threw: " + text_of(what)});
}

bool client_stream::complete() const {
  return input_over();
}

stream_ptr failed_stream(error why) {
  static const auto codec = proto_codec();
  auto stream = std::make_shared<client_stream>(
      client_terms{*codec, grpc::coding::identity, 0}, std::make_shared<nowhere>(),
      stream_bounds{}, method_kind::bidi_stream, 0);
  stream->fail(std::move(why));
  return stream->make_handle();
}

void client_stream::settled() {
  open_ = nullptr;
  if (auto f = std::exchange(then_, nullptr))
    f(failure_);
}

} // namespace mica::detail
