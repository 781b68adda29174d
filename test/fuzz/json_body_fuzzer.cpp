// JSON bodies: the scanner's grammar is RFC 8259's, and what was read is written and
// read again to the same.

#include "invariant.hpp"
#include "mica/codecs/codec.hpp"
#include "json/scanner.hpp"

#include <everything.pb.h>
#include <legacy.pb.h>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace {

using mica::fuzz::require;

// Refuses 1e999, which the grammar allows: its numbers are doubles.
bool has_a_number_too_large(std::string_view text) {
  try {
    static_cast<void>(nlohmann::json::parse(text));
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::exception&) {
  }
  return false;
}

// nlohmann::json sets no limit to depth.
void compare_grammar(std::string_view text) {
  mica::json::scanner in{text};
  std::string_view raw;
  auto ours = in.raw(raw) && in.finish();
  // It takes NUL for the end of the text.
  auto theirs = text.find('\0') == text.npos && nlohmann::json::accept(text);
  require(theirs || !ours || text.find('\0') != text.npos
              || has_a_number_too_large(text),
          "no text is accepted that is not JSON");
  // It skips a byte order mark.
  require(ours || !theirs || text.starts_with("\xef\xbb\xbf")
              || in.failure().find("nested deeper") != std::string::npos,
          "no JSON is refused but for its depth");
}

template <class Message>
void read_and_write(std::string_view text) {
  static const auto codec = mica::json_codec();
  Message x;
  auto read = codec->decode(text, x);
  if (!read) {
    require(read.error().reason == mica::errc::invalid_argument, "refused as invalid");
    require(read.error().detail.size() < 4096, "short refusal");
    return;
  }
  std::string written;
  if (!codec->encode(x, written))
    return;
  Message again;
  require(static_cast<bool>(codec->decode(written, again)), "we read what we wrote");
  std::string same;
  require(codec->encode(again, same) && same == written, "and write it again");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  compare_grammar(text);
  read_and_write<mica::test::Everything>(text);
  read_and_write<mica::test::Known>(text);
  read_and_write<mica::test::Legacy>(text);
  return 0;
}
