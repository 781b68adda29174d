#include "http1/line_reader.hpp"

namespace mica::net::http1 {

namespace {

// More is given back at the end of a line: most connections are idle ones.
constexpr size_t retained_bytes = 512;

bool ends_in_cr(std::string_view text) {
  return !text.empty() && text.back() == '\r';
}

} // namespace

line_reader::result line_reader::next(std::string_view& in, size_t limit,
                                      std::string_view& line) {
  if (spent_) {
    spent_ = false;
    if (kept_.capacity() > retained_bytes)
      kept_ = std::string{};
    else
      kept_.clear();
  }
  auto end = in.find('\n');
  if (end == std::string_view::npos) {
    kept_.append(in);
    in = {};
    return kept_.size() - ends_in_cr(kept_) > limit ? result::too_long
                                                    : result::partial;
  }
  line = in.substr(0, end);
  in.remove_prefix(end + 1);
  if (!kept_.empty()) {
    kept_.append(line);
    line = kept_;
    spent_ = true;
  }
  bool complete = ends_in_cr(line);
  line.remove_suffix(complete);
  if (line.size() > limit)
    return result::too_long;
  return complete ? result::line : result::bare_lf;
}

} // namespace mica::net::http1
