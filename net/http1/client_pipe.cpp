#include "http1/client_pipe.hpp"

#include "http1/fault.hpp"
#include "http1/message_writer.hpp"
#include "http1/response_reader.hpp"

#include <deque>
#include <utility>

namespace mica::net::http1 {

namespace {

// Go writes these two in front of the fields that it sorts.
bool stands_first(std::string_view name) noexcept {
  return equal_names(name, "Host") || equal_names(name, "User-Agent");
}

metadata merge(const metadata& fields, const metadata& added) {
  metadata result;
  auto next = added.begin();
  for (auto field : fields) {
    if (!stands_first(field.name))
      for (; next != added.end() && (*next).name < field.name; ++next)
        result.add((*next).name, (*next).value);
    result.add(field.name, field.value);
  }
  for (; next != added.end(); ++next)
    result.add((*next).name, (*next).value);
  return result;
}

} // namespace

struct client_pipe::impl {
  explicit impl(const http_limits& bounds) : limits(bounds), reader(limits) {
    reader.begin(false);
  }

  void complete() {
    auto persistent = reader.persistent();
    responses.push_back(std::move(reader.response()));
    reader.begin(false);
    // As Go Micro's servers do, who say nothing of their connection, we go on.
    if (!persistent)
      fail(errc::connection_lost, "the peer ended the connection with its message");
  }

  void fail(errc reason, std::string text) {
    if (!why)
      why = {reason, std::move(text), "mica.net.http1"};
  }

  http_limits limits;
  response_reader reader;
  output_queue out;
  http_request first;
  std::deque<http_response> responses;
  error why;
};

client_pipe::client_pipe(const http_limits& limits)
  : impl_(std::make_unique<impl>(limits)) {
  // nop
}

client_pipe::~client_pipe() = default;
client_pipe::client_pipe(client_pipe&&) noexcept = default;
client_pipe& client_pipe::operator=(client_pipe&&) noexcept = default;

expected<void> client_pipe::open(http_request&& first) {
  if (!writable(first))
    return error{errc::invalid_argument,
                 "the request's method or target holds characters that HTTP does not "
                 "allow there: escape them",
                 "mica.net.http1"};
  auto copy = first;
  write_request(impl_->out, std::move(copy));
  first.body = {};
  impl_->first = std::move(first);
  return {};
}

void client_pipe::send(std::string_view body) {
  auto message = impl_->first;
  message.body = body;
  write_request(impl_->out, std::move(message));
}

void client_pipe::send_last(const metadata& fields) {
  auto message = impl_->first;
  message.fields = merge(message.fields, fields);
  write_request(impl_->out, std::move(message));
}

void client_pipe::receive(std::string_view bytes) {
  auto& x = *impl_;
  while (!bytes.empty() && !x.why) {
    switch (x.reader.read(bytes)) {
      case progress::more:
        return;
      case progress::done:
        x.complete();
        break;
      case progress::failed: {
        const auto& found = x.reader.why();
        auto large = found.status == 413 || found.status == 414 || found.status == 431;
        x.fail(large ? errc::limit_exceeded : errc::protocol_error,
               "message: " + found.text);
        return;
      }
    }
  }
}

void client_pipe::receive_eof() {
  auto& x = *impl_;
  if (x.why)
    return;
  if (x.reader.finish())
    x.complete();
  x.fail(errc::connection_lost, x.reader.started()
                                    ? "the peer closed within a message"
                                    : "the peer closed before the end of the stream");
}

bool client_pipe::next(http_response& out) {
  auto& responses = impl_->responses;
  if (responses.empty())
    return false;
  out = std::move(responses.front());
  responses.pop_front();
  return true;
}

const error& client_pipe::failure() const noexcept {
  return impl_->why;
}

size_t client_pipe::output(std::span<std::string_view> parts) const {
  return impl_->out.pieces(parts);
}

void client_pipe::sent(size_t bytes) {
  impl_->out.consume(bytes);
}

size_t client_pipe::output_size() const noexcept {
  return impl_->out.size();
}

bool client_pipe::in_body() const noexcept {
  return impl_->reader.in_body();
}

} // namespace mica::net::http1
