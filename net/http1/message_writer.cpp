#include "http1/message_writer.hpp"

#include "http1/framing.hpp"
#include "http1/grammar.hpp"

#include "mica/codecs/errc.hpp"

#include <charconv>

namespace mica::net::http1 {

namespace {

// Of a start line and the lines that the writer adds.
constexpr size_t usual_overhead = 128;

void append_number(std::string& out, size_t value) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_length(std::string& out, size_t value) {
  out += "Content-Length: ";
  append_number(out, value);
  out += "\r\n";
}

/// Appends the field line, or nothing if the field can't be sent.
void append_field(std::string& out, metadata::entry field) {
  if (!is_token(field.name) || !belongs_to_message(kind_of(field.name)))
    return;
  out += field.name;
  out += ": ";
  auto begin = out.size();
  out += field.value;
  if (!all(value_chars, field.value))
    for (auto i = begin; i < out.size(); ++i)
      if (!is(value_chars, out[i]))
        out[i] = ' ';
  out += "\r\n";
}

size_t estimate(const metadata& fields) {
  size_t sum = usual_overhead;
  for (auto field : fields)
    sum += field.name.size() + field.value.size() + 4;
  return sum;
}

void make_room(std::string& out, size_t bytes) {
  if (out.capacity() - out.size() < bytes)
    out.reserve(out.size() + bytes);
}

} // namespace

void write_response(output_queue& out, http_response&& response, response_style style) {
  auto status = response.status >= 200 && response.status < 600 ? response.status : 500;
  // RFC 9110, 8.6 and 15.4.5: neither has a body, and 204 no Content-Length.
  bool bodiless = status == 204 || status == 304;
  bool copied =
      !bodiless && !style.to_head && response.body.size() < output_queue::copied_bytes;
  auto& text = out.buffer();
  make_room(text, estimate(response.fields) + (copied ? response.body.size() : 0));
  if (status == 200) {
    text += "HTTP/1.1 200 OK\r\n";
  } else {
    text += "HTTP/1.1 ";
    append_number(text, static_cast<size_t>(status));
    text += ' ';
    text += reason_phrase(status);
    text += "\r\n";
  }
  if (!bodiless)
    append_length(text, response.body.size());
  for (auto field : response.fields)
    append_field(text, field);
  if (style.close)
    text += "Connection: close\r\n";
  else if (style.keep_alive)
    text += "Connection: keep-alive\r\n";
  text += "\r\n";
  if (!bodiless && !style.to_head)
    out.push(std::move(response.body));
}

void write_message(output_queue& out, const metadata& fields, std::string_view body) {
  auto copied = body.size() < output_queue::copied_bytes;
  auto& text = out.buffer();
  make_room(text, estimate(fields) + (copied ? body.size() : 0));
  text += "HTTP/1.1 200 OK\r\n";
  append_length(text, body.size());
  for (auto field : fields)
    append_field(text, field);
  text += "\r\n";
  if (copied)
    text += body;
  else
    out.push(std::string{body});
}

void write_continue(output_queue& out) {
  out.buffer() += "HTTP/1.1 100 Continue\r\n\r\n";
}

bool writable(const http_request& request) {
  return is_token(request.method) && !request.target.empty()
         && all(target_chars, request.target);
}

void write_request(output_queue& out, http_request&& request) {
  const auto& method = request.method;
  bool sized =
      !request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  auto& text = out.buffer();
  make_room(text, method.size() + request.target.size() + estimate(request.fields)
                      + (request.body.size() < output_queue::copied_bytes
                             ? request.body.size()
                             : 0));
  text += method;
  text += ' ';
  text += request.target;
  text += request.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  std::string_view anchor;
  if (request.fields.contains("User-Agent"))
    anchor = "User-Agent";
  else if (request.fields.contains("Host"))
    anchor = "Host";
  else if (sized)
    append_length(text, request.body.size());
  for (auto field : request.fields) {
    append_field(text, field);
    if (sized && !anchor.empty() && equal_names(field.name, anchor)) {
      append_length(text, request.body.size());
      anchor = {};
    }
  }
  text += "\r\n";
  out.push(std::move(request.body));
}

} // namespace mica::net::http1
