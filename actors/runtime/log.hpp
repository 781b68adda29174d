// The log of one service: Go's standard form on stderr.

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace mica::detail {

class log_ring;

/// Makes a logger that writes `YYYY/MM/DD HH:MM:SS text` to stderr; warnings and
/// errors say so in front of the text. Thread-safe. Not registered anywhere.
/// @param level trace, debug, info, warn or error.
/// @param ring gets every line too.
std::shared_ptr<spdlog::logger> make_logger(const std::string& name,
                                            const std::string& level,
                                            std::shared_ptr<log_ring> ring);

/// One line each; `text` is never a format.
void log_info(spdlog::logger& to, std::string_view text);
void log_warning(spdlog::logger& to, std::string_view text);
void log_error(spdlog::logger& to, std::string_view text);
void log_debug(spdlog::logger& to, std::string_view text);

} // namespace mica::detail
