#define CAF_SUITE codecs_docs

#include "codecs/http_text.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/codecs/mucp.hpp"
#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <greeter.pb.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

using namespace mica;

namespace {

struct block {
  std::string kind;
  std::string text;
};

std::vector<block> blocks_of(const std::string& path) {
  std::istringstream in{test::read_file(mica::test::source_path(path))};
  std::vector<block> result;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside)
        result.push_back({line.substr(3), {}});
    } else if (inside) {
      result.back().text += line + '\n';
    }
  }
  return result;
}

// What the block stands for on the wire.
test::http_text message_of(std::string text) {
  auto head_end = text.find("\n\n");
  auto head = text.substr(0, head_end);
  std::string body = head_end == text.npos ? "" : text.substr(head_end + 2);
  if (body.starts_with("hex: ")) {
    std::string digits;
    std::remove_copy_if(body.begin() + 5, body.end(), std::back_inserter(digits),
                        [](char c) { return c == ' ' || c == '\n'; });
    body = test::hex(digits);
  }
  std::string wire;
  std::istringstream lines{head};
  for (std::string line; std::getline(lines, line);)
    wire += line + "\r\n";
  wire += "\r\n";
  std::string_view rest = wire;
  auto result = test::take_message(rest);
  result.body = body;
  return result;
}

// The greeter of the examples.
outgoing_reply serve(const incoming_call& call, const content_types& types) {
  CAF_CHECK_EQUAL(call.style.endpoint, "Greeter.Hello");
  const auto* type = call.style.via == protocol::grpc
                         ? grpc::find_codec(call.style.content_type, types)
                         : types.find(call.style.content_type);
  const auto& codec = *type->body;
  lab::HelloRequest request;
  CAF_CHECK(codec.decode(call.payload(), request));
  if (request.name() == "fail")
    return {{}, {}, error{400, "name fail refused", "greeter"}};
  lab::HelloResponse response;
  response.set_greeting("Hello " + request.name());
  outgoing_reply reply;
  CAF_CHECK(codec.encode(response, reply.body));
  return reply;
}

// Streams have no answers.
bool is_of_stream(const block& x) {
  return x.kind == "open" || x.kind == "said" || x.kind == "end" || x.kind == "failed";
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> result;
  std::istringstream in{row};
  for (std::string cell; std::getline(in, cell, '|');) {
    auto first = cell.find_first_not_of(" `");
    auto last = cell.find_last_not_of(" `");
    result.push_back(first == cell.npos ? "" : cell.substr(first, last - first + 1));
  }
  return result;
}

} // namespace

CAF_TEST(each example of the mucp page is answered as the page says) {
  content_types types;
  auto blocks = blocks_of("docs/wire/mucp.md");
  std::erase_if(blocks, is_of_stream);
  CAF_CHECK(blocks.size() >= 18u);
  CAF_REQUIRE_EQUAL(blocks.size() % 2, 0u);
  for (size_t i = 0; i < blocks.size(); i += 2) {
    CAF_REQUIRE_EQUAL(blocks[i].kind, "request");
    const auto& wanted = blocks[i + 1];
    auto call = mucp::read_request(test::to_request(message_of(blocks[i].text)), types);
    if (wanted.kind == "refused") {
      CAF_REQUIRE(!call);
      CAF_CHECK_EQUAL(call.error().detail + '\n', wanted.text);
      continue;
    }
    CAF_REQUIRE_EQUAL(wanted.kind, "reply");
    CAF_REQUIRE(call);
    auto response = mucp::write_reply(call->style, serve(*call, types), types);
    auto message = message_of(wanted.text);
    auto reply = test::to_response(message);
    CAF_CHECK_EQUAL(response.status, reply.status);
    CAF_CHECK_EQUAL(message.start_line.substr(13), reason_phrase(reply.status));
    CAF_CHECK_EQUAL(test::field_lines(response.fields),
                    test::field_lines(reply.fields));
    CAF_CHECK_EQUAL(response.body, reply.body);
  }
}

CAF_TEST(the first example is what our client writes) {
  content_types types;
  auto request = message_of(blocks_of("docs/wire/mucp.md").front().text);
  outgoing_call call;
  call.service = "greeter";
  call.endpoint = "Greeter.Hello";
  call.from = "greeter.client";
  call.body = request.body;
  call.timeout = std::chrono::seconds{5};
  auto written = mucp::write_request(std::move(call), request.fields.get_or("Host", ""),
                                     mucp::dialect::current, types);
  CAF_CHECK_EQUAL(test::field_lines(written.fields), test::field_lines(request.fields));
}

CAF_TEST(the stream of the mucp page is what both sides write) {
  content_types types;
  auto blocks = blocks_of("docs/wire/mucp.md");
  std::erase_if(blocks, [](const block& x) { return !is_of_stream(x); });
  CAF_REQUIRE_EQUAL(blocks.size(), 4u);
  auto fields_at = [&](size_t i, const char* kind) {
    CAF_REQUIRE_EQUAL(blocks[i].kind, kind);
    return test::field_lines(message_of(blocks[i].text).fields);
  };
  outgoing_call call;
  call.service = "greeter";
  call.endpoint = "Greeter.Bidi";
  call.from = "greeter.client";
  auto first = mucp::write_stream_request(std::move(call), "127.0.0.1:7345", types);
  CAF_CHECK_EQUAL(test::field_lines(first.fields), fields_at(0, "open"));
  CAF_CHECK_EQUAL(mucp::stream_of(first.fields), "0");
  auto read = mucp::read_request(std::move(first), types);
  CAF_REQUIRE(read);
  const auto& style = read->style;
  CAF_CHECK_EQUAL(test::field_lines(mucp::write_stream_head(style, {})),
                  fields_at(1, "said"));
  auto end = mucp::write_stream_end(style, {}, {});
  CAF_CHECK_EQUAL(test::field_lines(end), fields_at(2, "end"));
  CAF_CHECK(!mucp::read_stream_end(end));
  const error why{403, "minus one", "greeter"};
  auto failed = mucp::write_stream_end(style, why, {});
  CAF_CHECK_EQUAL(test::field_lines(failed), fields_at(3, "failed"));
  CAF_CHECK(mucp::read_stream_end(failed) == why);
}

CAF_TEST(each example of the gRPC page is answered as the page says) {
  content_types types;
  auto blocks = blocks_of("docs/wire/grpc.md");
  CAF_CHECK_EQUAL(blocks.size(), 7u);
  for (size_t i = 0; i + 1 < blocks.size(); i += 2) {
    CAF_REQUIRE_EQUAL(blocks[i].kind, "request");
    CAF_REQUIRE_EQUAL(blocks[i + 1].kind, "reply");
    auto call = grpc::read_request(test::to_request(message_of(blocks[i].text)), types);
    CAF_REQUIRE(call);
    auto response = grpc::write_reply(call->style, serve(*call, types));
    auto reply = test::to_response(message_of(blocks[i + 1].text));
    CAF_CHECK_EQUAL(response.status, reply.status);
    auto fields = test::field_lines(response.fields);
    CAF_CHECK_EQUAL(fields, test::field_lines(reply.fields));
    CAF_CHECK_EQUAL(response.body, reply.body);
    std::string trailers;
    if (i + 2 < blocks.size() && blocks[i + 2].kind == "trailers")
      trailers = blocks[++i + 1].text;
    std::string written;
    for (auto field : response.trailers)
      written += std::string{field.name} + ": " + std::string{field.value} + '\n';
    CAF_CHECK_EQUAL(written, trailers);
  }
}

CAF_TEST(the first example of the gRPC page is what our client writes) {
  auto request =
      test::to_request(message_of(blocks_of("docs/wire/grpc.md").front().text));
  outgoing_call call;
  call.service = "greeter";
  call.package = "lab";
  call.endpoint = "Greeter.Hello";
  call.body = request.body.substr(grpc::prefix_bytes);
  call.timeout = std::chrono::seconds{5};
  auto written = grpc::write_request(std::move(call), request.fields.get_or("host", ""),
                                     grpc::dialect::standard);
  CAF_REQUIRE(written);
  CAF_CHECK_EQUAL(written->target, request.target);
  auto fields = test::field_lines(written->fields);
  CAF_CHECK_EQUAL(fields, test::field_lines(request.fields));
  CAF_CHECK_EQUAL(written->body, request.body);
}

CAF_TEST(the table of statuses on the errors page is that of the code) {
  std::istringstream in{test::read_file(mica::test::source_path("docs/errors.md"))};
  uint8_t next = 1;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| errc | status |"))
      inside = true;
    else if (inside && !line.starts_with('|'))
      break;
    else if (inside && !line.starts_with("|---")) {
      auto cells = cells_of(line);
      CAF_REQUIRE_EQUAL(cells.size(), 4u);
      auto reason = static_cast<errc>(next++);
      auto code = grpc::status_of(error{reason, "x"});
      CAF_CHECK_EQUAL(cells[1], to_string(reason));
      CAF_CHECK_EQUAL(cells[2], grpc::to_string(code));
      CAF_CHECK_EQUAL(cells[3], std::to_string(static_cast<uint32_t>(code)));
    }
  }
  CAF_CHECK_EQUAL(to_string(static_cast<errc>(next)), "unknown");
}

CAF_TEST(the table of the errors page is that of the code) {
  std::istringstream in{test::read_file(mica::test::source_path("docs/errors.md"))};
  // `none` is no error and stands not in the table.
  uint8_t next = 1;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| errc | code |"))
      inside = true;
    else if (inside && !line.starts_with('|'))
      break;
    else if (inside && !line.starts_with("|---")) {
      auto cells = cells_of(line);
      CAF_REQUIRE_EQUAL(cells.size(), 5u);
      auto code = static_cast<errc>(next++);
      CAF_CHECK_EQUAL(cells[1], to_string(code));
      CAF_CHECK_EQUAL(cells[2], std::to_string(http_status(code)));
      CAF_CHECK(!cells[3].empty());
      CAF_CHECK(!cells[4].empty());
    }
  }
  CAF_CHECK_EQUAL(to_string(static_cast<errc>(next)), "unknown");
  CAF_CHECK(next > 15);
}

CAF_TEST(the refusals that the errors page shows are real) {
  content_types types;
  lab::HelloRequest request;
  std::string shown;
  auto refuse = [&](const char* type, const std::string& body) {
    auto result = types.find(type)->body->decode(body, request);
    CAF_REQUIRE(!result);
    shown += result.error().detail + '\n';
  };
  refuse("application/json", R"({"nmae":"John"})");
  refuse("application/json", R"({"name":5})");
  refuse("application/protobuf", test::hex("0ac8014a6f686e"));
  refuse("application/protobuf", test::hex("0a02c328"));
  auto blocks = blocks_of("docs/errors.md");
  CAF_CHECK_EQUAL(blocks.back().text, shown);
  CAF_CHECK_EQUAL(blocks.front().text,
                  to_json(error{errc::not_found, "no such book", "greeter"}) + '\n');
}
