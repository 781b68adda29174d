#include "stream/grpc_wire.hpp"

#include <utility>

namespace mica::detail {

stream_wire::~stream_wire() {
  // nop
}

namespace {

constexpr auto client_id = "go.micro.client";

// One message behind what `out` holds already.
expected<void> frame_message(const mica::codec& codec,
                             const google::protobuf::Message& message, grpc::coding as,
                             size_t message_bytes, std::string& out) {
  auto begin = grpc::begin_message(out);
  auto ok = codec.encode(message, out);
  if (ok)
    return grpc::end_message(out, begin, as, message_bytes);
  out.resize(begin);
  return ok;
}

class grpc_server_wire final : public stream_wire {
public:
  grpc_server_wire(net::stream_sender to, const grpc_server_terms& terms)
    : to_(std::move(to)),
      terms_(terms),
      reader_(terms.from, terms.message_bytes) {
    // nop
  }

  expected<void> frame(const google::protobuf::Message& message,
                       std::string& out) override {
    say_head();
    auto as = terms_.as == grpc::coding::identity ? terms_.as : as_;
    return frame_message(terms_.codec, message, as, terms_.message_bytes, out);
  }

  void send(std::string&& frames) override {
    to_.data(std::move(frames));
  }

  void finish(const error& outcome) override {
    say_head();
    // What was set behind the head can only go here.
    for (auto field : terms_.headers)
      terms_.trailers.add(field.name, field.value);
    to_.end(grpc::write_trailers(terms_.style, outcome, terms_.trailers));
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
    return reader_.compressed();
  }

  const error& failure() const override {
    return reader_.failure();
  }

  expected<void> decode(std::string_view message,
                        google::protobuf::Message& into) override {
    return terms_.codec.decode(message, into);
  }

  error read_end(const metadata&) override {
    auto ok = reader_.finish();
    return ok ? error{} : std::move(ok.error());
  }

  expected<void> read_head(const http_response&) override {
    return {};
  }

  expected<void> decode_fields(metadata&) override {
    return {};
  }

private:
  void say_head() {
    if (std::exchange(headed_, true))
      return;
    as_ = grpc::usable(terms_.style, terms_.as);
    to_.head(grpc::write_head(terms_.style, terms_.headers, as_));
    terms_.headers.clear();
  }

  net::stream_sender to_;
  grpc_server_terms terms_;
  grpc::coding as_ = grpc::coding::identity;
  bool headed_ = false;
  grpc::message_reader reader_;
};

} // namespace

std::unique_ptr<stream_wire> make_grpc_server_wire(net::stream_sender to,
                                                   const grpc_server_terms& terms) {
  return std::make_unique<grpc_server_wire>(std::move(to), terms);
}

grpc_client_wire::grpc_client_wire(const mica::codec& codec, grpc::coding as,
                                   size_t message_bytes)
  : codec_(codec),
    as_(as),
    message_bytes_(message_bytes) {
  // nop
}

expected<void> grpc_client_wire::frame(const google::protobuf::Message& message,
                                       std::string& out) {
  return frame_message(codec_, message, as_, message_bytes_, out);
}

void grpc_client_wire::send(std::string&& frames) {
  to_.data(std::move(frames));
}

void grpc_client_wire::finish(const error&) {
  to_.end();
}

void grpc_client_wire::abort() {
  to_.reset(net::reset_reason::cancel);
}

void grpc_client_wire::taken(size_t bytes) {
  to_.consumed(bytes);
}

bool grpc_client_wire::next(std::string_view& input, std::string_view& message) {
  return reader_.next(input, message);
}

bool grpc_client_wire::compressed() const {
  return reader_.compressed();
}

const error& grpc_client_wire::failure() const {
  return reader_.failure();
}

expected<void> grpc_client_wire::decode(std::string_view message,
                                        google::protobuf::Message& into) {
  return codec_.decode(message, into);
}

error grpc_client_wire::read_end(const metadata& trailers) {
  if (auto why = grpc::outcome_of(head_, trailers))
    return why;
  auto ok = reader_.finish();
  return ok ? error{} : std::move(ok.error());
}

expected<void> grpc_client_wire::read_head(const http_response& head) {
  head_ = head;
  auto type = head.fields.get_or("content-type", "");
  if (head.status != 200 || !grpc::is_grpc(type)) {
    if (auto why = grpc::outcome_of(head, {}))
      return why;
    return error{errc::protocol_error,
                 "the response is no gRPC: content-type "
                     + std::string{type.substr(0, 64)},
                 client_id};
  }
  auto from = grpc::coding_of(head.fields);
  if (!from)
    return std::move(from.error());
  reader_ = grpc::message_reader{*from, message_bytes_};
  return {};
}

expected<void> grpc_client_wire::decode_fields(metadata& fields) {
  return grpc::decode_binary_fields(fields);
}

} // namespace mica::detail
