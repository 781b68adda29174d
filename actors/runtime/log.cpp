#include "runtime/log.hpp"

#include "debug/log_ring.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace mica::detail {

namespace {

// Nothing in front of ordinary lines: programs read them.
class severity : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string_view text;
    switch (message.level) {
      case spdlog::level::warn:
        text = "WARNING ";
        break;
      case spdlog::level::err:
        text = "ERROR ";
        break;
      default:
        break;
    }
    out.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<severity>();
  }
};

// The ring has a lock of its own, and tells those who watch without it.
class ring_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit ring_sink(std::shared_ptr<log_ring> ring) : ring_(std::move(ring)) {
    // nop
  }

protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    auto level = spdlog::level::to_string_view(message.level);
    ring_->add({message.time,
                {level.data(), level.size()},
                {message.payload.data(), message.payload.size()}});
  }

  void flush_() override {
    // nop
  }

private:
  std::shared_ptr<log_ring> ring_;
};

void write(spdlog::logger& to, spdlog::level::level_enum level, std::string_view text) {
  to.log(level, spdlog::string_view_t{text.data(), text.size()});
}

} // namespace

std::shared_ptr<spdlog::logger> make_logger(const std::string& name,
                                            const std::string& level,
                                            std::shared_ptr<log_ring> ring) {
  auto result = std::make_shared<spdlog::logger>(
      name, spdlog::sinks_init_list{std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                    std::make_shared<ring_sink>(std::move(ring))});
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<severity>('*').set_pattern("%Y/%m/%d %H:%M:%S %*%v");
  result->set_formatter(std::move(formatter));
  result->set_level(spdlog::level::from_str(level));
  result->flush_on(spdlog::level::trace);
  return result;
}

void log_info(spdlog::logger& to, std::string_view text) {
  write(to, spdlog::level::info, text);
}

void log_warning(spdlog::logger& to, std::string_view text) {
  write(to, spdlog::level::warn, text);
}

void log_error(spdlog::logger& to, std::string_view text) {
  write(to, spdlog::level::err, text);
}

void log_debug(spdlog::logger& to, std::string_view text) {
  write(to, spdlog::level::debug, text);
}

} // namespace mica::detail
