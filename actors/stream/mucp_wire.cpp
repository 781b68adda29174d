#include "stream/mucp_wire.hpp"

#include "mica/codecs/mucp.hpp"

#include <utility>

namespace mica::detail {

namespace {

constexpr auto client_id = "go.micro.client";

// Bytes of a refusal's text in an error.
constexpr size_t max_quote = 512;

expected<void> frame_message(const mica::codec& codec,
                             const google::protobuf::Message& message,
                             size_t message_bytes, std::string& out) {
  auto begin = grpc::begin_message(out);
  auto ok = codec.encode(message, out);
  if (ok)
    return grpc::end_message(out, begin, grpc::coding::identity, message_bytes);
  out.resize(begin);
  return ok;
}

class mucp_server_wire final : public stream_wire {
public:
  mucp_server_wire(net::stream_sender to, const mucp_server_terms& terms)
    : to_(std::move(to)),
      terms_(terms),
      reader_(grpc::coding::identity, terms.message_bytes) {
    // nop
  }

  expected<void> frame(const google::protobuf::Message& message,
                       std::string& out) override {
    if (!std::exchange(headed_, true)) {
      http_response head;
      head.fields = mucp::write_stream_head(terms_.style, terms_.headers);
      terms_.headers.clear();
      to_.head(std::move(head));
    }
    return frame_message(terms_.codec, message, terms_.message_bytes, out);
  }

  void send(std::string&& frames) override {
    to_.data(std::move(frames));
  }

  void finish(const error& outcome) override {
    for (auto field : terms_.headers)
      terms_.trailers.add(field.name, field.value);
    to_.end(mucp::write_stream_end(terms_.style, outcome, terms_.trailers));
  }

  void abort() override {
    to_.reset(net::reset_reason::cancel);
  }

  void taken(size_t bytes) override {
    to_.consumed(bytes);
  }

  bool next(std::string_view& input, std::string_view& message) override {
    return reader_.next(input, message);
  }

  bool compressed() const override {
    return false;
  }

  const error& failure() const override {
    return reader_.failure();
  }

  expected<void> decode(std::string_view message,
                        google::protobuf::Message& into) override {
    return terms_.codec.decode(message, into);
  }

  // A client may say why it ends its stream.
  error read_end(const metadata& trailers) override {
    return mucp::read_stream_end(trailers);
  }

  expected<void> read_head(const http_response&) override {
    return {};
  }

  expected<void> decode_fields(metadata&) override {
    return {};
  }

private:
  net::stream_sender to_;
  mucp_server_terms terms_;
  grpc::message_reader reader_;
  bool headed_ = false;
};

} // namespace

std::unique_ptr<stream_wire> make_mucp_server_wire(net::stream_sender to,
                                                   const mucp_server_terms& terms) {
  return std::make_unique<mucp_server_wire>(std::move(to), terms);
}

mucp_client_wire::mucp_client_wire(const mica::codec& codec, size_t message_bytes,
                                   method_kind kind)
  : codec_(codec),
    message_bytes_(message_bytes),
    kind_(kind),
    reader_(grpc::coding::identity, message_bytes) {
  // nop
}

void mucp_client_wire::attach(net::stream_sender to) {
  to_ = std::move(to);
}

expected<void> mucp_client_wire::frame(const google::protobuf::Message& message,
                                       std::string& out) {
  return frame_message(codec_, message, message_bytes_, out);
}

void mucp_client_wire::send(std::string&& frames) {
  to_.data(std::move(frames));
}

// As Go's clients, who end nothing behind the message of a method that streams to the
// client alone: a handler that saw it would not say its own end.
void mucp_client_wire::finish(const error&) {
  ended_ = true;
  if (kind_ != method_kind::server_stream)
    to_.end(mucp::write_stream_close());
}

void mucp_client_wire::abort() {
  to_.reset(net::reset_reason::cancel);
}

void mucp_client_wire::taken(size_t bytes) {
  to_.consumed(bytes);
}

bool mucp_client_wire::next(std::string_view& input, std::string_view& message) {
  if (last_ || !reader_.next(input, message))
    return false;
  last_ = go_micro_ && ended_ && kind_ == method_kind::client_stream;
  return true;
}

bool mucp_client_wire::compressed() const {
  return false;
}

const error& mucp_client_wire::failure() const {
  return reader_.failure();
}

bool mucp_client_wire::was_last() const {
  return last_;
}

expected<void> mucp_client_wire::decode(std::string_view message,
                                        google::protobuf::Message& into) {
  if (refused_)
    return error{errc::unsupported_content_type,
                 std::string{message.substr(0, max_quote)}, client_id};
  return codec_.decode(message, into);
}

error mucp_client_wire::read_end(const metadata& trailers) {
  if (!last_)
    return mucp::read_stream_end(trailers);
  // Nothing more is said, so the connection has done its work.
  to_.reset(net::reset_reason::no_error);
  return {};
}

expected<void> mucp_client_wire::read_head(const http_response& head) {
  if (head.status != 200) {
    auto told = mucp::read_reply(http_response{head}, mucp::dialect::current, {}, {});
    return std::move(told.error());
  }
  // Its servers send the request's fields back.
  go_micro_ = !mucp::stream_of(head.fields).empty();
  refused_ = head.fields.get_or("Content-Type", "").starts_with("text/plain")
             && !head.fields.contains("Micro-Error");
  return {};
}

expected<void> mucp_client_wire::decode_fields(metadata&) {
  return {};
}

} // namespace mica::detail
