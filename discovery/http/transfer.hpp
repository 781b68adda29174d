// One request as curl sees it.

#pragma once

#include "http/worker.hpp"

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string_view>

namespace mica::discovery {

/// A request with its easy handle. Lives at one address, to which curl points. Used
/// by one thread at a time.
class http_transfer {
public:
  /// @param part takes the body of a stream; see `http_worker::part_handler`.
  http_transfer(http_request request, size_t header_bytes,
                std::function<bool(std::string_view)> part = nullptr);

  http_transfer(const http_transfer&) = delete;
  http_transfer& operator=(const http_transfer&) = delete;

  /// Sets curl up; `left` is what remains of the request's time, at least 1 ms.
  /// Fails with `errc::internal` if curl has no memory.
  expected<void> prepare(std::chrono::milliseconds left);

  CURL* handle() const noexcept {
    return handle_.get();
  }

  const http_request& request() const noexcept {
    return request_;
  }

  /// What came of it, once curl says that it is done.
  expected<http_answer> finish(CURLcode result);

private:
  struct handle_deleter {
    void operator()(CURL* x) const noexcept {
      curl_easy_cleanup(x);
    }
  };

  struct list_deleter {
    void operator()(curl_slist* x) const noexcept {
      curl_slist_free_all(x);
    }
  };

  static size_t on_body(char* data, size_t, size_t size, void* self) noexcept;
  static size_t on_header(char* data, size_t, size_t size, void* self) noexcept;

  bool take_body(std::string_view part);
  bool take_header(std::string_view line);
  bool add_header(const char* line);
  bool begins_stream() const;

  http_request request_;
  size_t header_bytes_;
  std::function<bool(std::string_view)> part_;
  size_t header_seen_ = 0;
  http_answer answer_;
  /// Why we made curl stop; none if we did not.
  mica::error refused_;
  char reason_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<curl_slist, list_deleter> headers_;
  /// Last, so that it goes first: curl may look at the others until then.
  std::unique_ptr<CURL, handle_deleter> handle_;
};

} // namespace mica::discovery
