#include "http1/field_reader.hpp"

#include "http1/grammar.hpp"

namespace mica::net::http1 {

bool split_field(std::string_view line, metadata::entry& out, fault& why) {
  auto size = span_of(token_chars, line);
  if (size == 0 || size == line.size() || line[size] != ':') {
    if (line.front() == ' ' || line.front() == '\t')
      return refuse(why, 400,
                    "field line " + quoted(line)
                        + " is folded: send every field on one line");
    return refuse(why, 400,
                  "field line " + quoted(line)
                      + " does not begin with a name and a colon");
  }
  out.name = line.substr(0, size);
  out.value = trimmed(line.substr(size + 1));
  if (all(value_chars, out.value))
    return true;
  return refuse(why, 400,
                "field " + quoted(out.name) + " has the value " + quoted(out.value)
                    + ": control characters are not allowed");
}

bool field_reader::charge(size_t bytes, fault& why) {
  bytes_ += bytes;
  return bytes_ <= limits_->header_bytes
         || refuse_beyond(why, 431, "bytes of field lines", limits_->header_bytes,
                          "header_bytes");
}

progress field_reader::next_field(line_reader& lines, std::string_view& in,
                                  metadata::entry& field, fault& why) {
  std::string_view line;
  switch (lines.next(in, limits_->header_bytes - bytes_, line)) {
    case line_reader::result::partial:
      return progress::more;
    case line_reader::result::too_long:
      refuse_beyond(why, 431, "bytes of field lines", limits_->header_bytes,
                    "header_bytes");
      return progress::failed;
    case line_reader::result::bare_lf:
      refuse(why, 400, "field line " + quoted(line) + " ends in LF alone: send CR LF");
      return progress::failed;
    case line_reader::result::line:
      break;
  }
  field = {};
  if (line.empty())
    return progress::done;
  bytes_ += line.size();
  if (++count_ > limits_->header_fields) {
    refuse_beyond(why, 431, "field lines", limits_->header_fields, "header_fields");
    return progress::failed;
  }
  return split_field(line, field, why) ? progress::done : progress::failed;
}

progress field_reader::read_header(line_reader& lines, std::string_view& in,
                                   metadata& fields, framing& frame, fault& why) {
  for (;;) {
    metadata::entry field;
    if (auto step = next_field(lines, in, field, why); step != progress::done)
      return step;
    if (field.name.empty())
      return progress::done;
    auto kind = kind_of(field.name);
    if (kind != field_kind::ordinary && !frame.add(kind, field.value, why))
      return progress::failed;
    if (belongs_to_message(kind))
      fields.add(field.name, field.value);
  }
}

progress field_reader::read_trailer(line_reader& lines, std::string_view& in,
                                    fault& why) {
  for (;;) {
    metadata::entry field;
    if (auto step = next_field(lines, in, field, why); step != progress::done)
      return step;
    if (field.name.empty())
      return progress::done;
  }
}

} // namespace mica::net::http1
