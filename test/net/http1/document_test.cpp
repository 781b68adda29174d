// Runs the rows of docs/wire/http1.md.

#define CAF_SUITE http1_document

#include "session_io.hpp"

#include "mica/codecs/errc.hpp"
#include "mica/codecs/error.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace mica::net;
using namespace mica::net::http1;
using namespace mica::test;

namespace {

using row = std::vector<std::string>;

int hex(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/// Drops the back quotes and resolves the escapes.
std::string unescaped(const std::string& cell) {
  if (cell.size() < 2 || cell.front() != '`')
    return cell;
  std::string result;
  for (size_t i = 1; i + 1 < cell.size(); ++i) {
    if (cell[i] != '\\') {
      result += cell[i];
      continue;
    }
    switch (cell[++i]) {
      case 'r':
        result += '\r';
        break;
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'x':
        result += static_cast<char>(hex(cell.at(i + 1)) * 16 + hex(cell.at(i + 2)));
        i += 2;
        break;
      default:
        result += cell[i];
    }
  }
  return result;
}

std::string trimmed_cell(const std::string& text) {
  auto first = text.find_first_not_of(' ');
  auto last = text.find_last_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// Returns the rows of the table below `heading`, escapes and all.
std::vector<row> table(const std::string& heading) {
  auto text = read_source_file("docs/wire/http1.md");
  auto at = text.find("\n## " + heading + "\n");
  if (at == std::string::npos)
    throw std::runtime_error{"no heading " + heading};
  auto end = text.find("\n## ", at + 1);
  auto section = text.substr(at, end - at);
  std::vector<row> result;
  for (size_t line = section.find("\n| `"); line != std::string::npos;
       line = section.find("\n| `", line + 1)) {
    row cells;
    auto stop = section.find('\n', line + 1);
    for (auto from = line + 2; from < stop;) {
      auto bar = std::min(section.find('|', from), stop);
      if (bar == stop)
        break;
      cells.push_back(trimmed_cell(section.substr(from, bar - from)));
      from = bar + 1;
    }
    result.push_back(std::move(cells));
  }
  return result;
}

const std::string another = "GET /another HTTP/1.1\r\nHost: a\r\n\r\n";

/// "METHOD target body" of what is read from `bytes`, whatever the slicing.
std::string read_as_request(const std::string& bytes) {
  std::string result;
  at_every_slice_size(bytes, [&](size_t size) {
    server_session session{http_limits{}};
    feed(session, bytes, size);
    auto got = requests_of(session);
    auto text = got.size() == 1 && !session.refused()
                    ? got[0].request.method + ' ' + got[0].request.target + ' '
                          + got[0].request.body
                    : std::to_string(got.size()) + " requests: " + written(session);
    if (result.empty())
      result = text;
    else if (text != result)
      result = "differs at slice size " + std::to_string(size) + ": " + text;
  });
  return result;
}

/// The status that `bytes` are refused with, or what else happened.
std::string refusal_of(const std::string& bytes, size_t size) {
  server_session session{http_limits{}};
  feed(session, bytes, size);
  if (!session.refused())
    return "not refused";
  feed(session, another, size);
  if (!requests_of(session).empty())
    return "became a request";
  if (session.finished() || session.state() != phase::closing)
    return "not closing behind the answer";
  auto answers = split_messages(written(session));
  feed(session, another, size);
  if (answers.size() != 1 || session.output_size() != 0 || !session.finished())
    return "answered more than once";
  const auto& head = answers[0].head;
  auto object = parse_error(answers[0].body);
  if (field_of(head, "Connection") != "close"
      || field_of(head, "Content-Type") != "application/json"
      || object.id != "mica.net.http1" || object.detail.size() < 10)
    return "no error object: " + head + answers[0].body;
  if (std::to_string(object.code) != head.substr(9, 3))
    return "two statuses: " + head + answers[0].body;
  return head.substr(9, 3);
}

/// "status body" or the error of what is read from `bytes`.
std::string read_as_response(const std::string& bytes) {
  std::string result;
  at_every_slice_size(bytes, [&](size_t size) {
    client_session session{http_limits{}};
    http_request request;
    request.method = "GET";
    request.target = "/";
    session.send(std::move(request));
    written(session);
    feed(session, bytes, size);
    auto outcome = session.take();
    std::string text = "(nothing)";
    if (outcome && *outcome)
      text = std::to_string((*outcome)->status) + ' ' + (*outcome)->body;
    else if (outcome)
      text = std::string{to_string(outcome->error().reason)};
    if (result.empty())
      result = text;
    else if (text != result)
      result = "differs at slice size " + std::to_string(size) + ": " + text;
  });
  return result;
}

} // namespace

CAF_TEST(requests that the document accepts are read) {
  auto rows = table("Requests that are accepted");
  CAF_REQUIRE(rows.size() > 20);
  for (const auto& x : rows) {
    CAF_REQUIRE_EQUAL(x.size(), 5u);
    CAF_CHECK_EQUAL(x[0] + " is " + read_as_request(unescaped(x[0])),
                    x[0] + " is " + x[1] + ' ' + x[2] + ' ' + unescaped(x[3]));
  }
}

CAF_TEST(requests that the document refuses are refused and nothing behind them is answered) {
  auto rows = table("Requests that are refused");
  CAF_REQUIRE(rows.size() > 80);
  for (const auto& x : rows) {
    CAF_REQUIRE_EQUAL(x.size(), 4u);
    auto bytes = unescaped(x[0]);
    std::string outcome = x[1];
    at_every_slice_size(bytes, [&](size_t size) {
      if (outcome == x[1])
        outcome = refusal_of(bytes, size);
    });
    CAF_CHECK_EQUAL(x[0] + " is " + outcome, x[0] + " is " + x[1]);
  }
}

CAF_TEST(responses that the document accepts are read) {
  auto rows = table("Responses that are accepted");
  CAF_REQUIRE(rows.size() > 8);
  for (const auto& x : rows) {
    CAF_REQUIRE_EQUAL(x.size(), 4u);
    CAF_CHECK_EQUAL(x[0] + " is " + read_as_response(unescaped(x[0])),
                    x[0] + " is " + x[1] + ' ' + unescaped(x[2]));
  }
}

CAF_TEST(responses that the document refuses fail the call) {
  auto rows = table("Responses that fail the call");
  CAF_REQUIRE(rows.size() > 15);
  for (const auto& x : rows) {
    CAF_REQUIRE_EQUAL(x.size(), 4u);
    CAF_CHECK_EQUAL(x[0] + " is " + read_as_response(unescaped(x[0])),
                    x[0] + " is " + x[1]);
  }
}
