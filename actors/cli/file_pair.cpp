#include "cli/file_pair.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace mica::cli {

namespace {

constexpr mode_t key_mode = 0600;
constexpr mode_t certificate_mode = 0644;

// A PEM file of ours has less than 2 KiB.
constexpr size_t most_bytes = 1024 * 1024;

error refusal(errc reason, const std::string& file, const std::string& why) {
  return {reason, file + ": " + why};
}

expected<std::string> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return refusal(errc::not_found, path, std::strerror(errno));
  std::string text(most_bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Under a name of its own first: a server that looks for changes reads whole files.
expected<void> write_file(const std::string& path, const std::string& text, mode_t mode,
                          bool replace) {
  auto draft = path + "." + std::to_string(::getpid()) + ".new";
  int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0)
    return refusal(errc::unavailable, draft, std::strerror(errno));
  // Whatever the umask takes from the certificate, the key has its mode.
  bool written = ::fchmod(fd, mode) == 0 && write_all(fd, text) && ::fsync(fd) == 0;
  written = ::close(fd) == 0 && written;
  auto flags = replace ? 0u : static_cast<unsigned>(RENAME_NOREPLACE);
  if (written
      && ::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), flags) == 0)
    return {};
  auto why = errno;
  ::unlink(draft.c_str());
  return refusal(why == EEXIST ? errc::conflict : errc::unavailable, path,
                 std::strerror(why));
}

} // namespace

file_pair files_of(const std::string& dir, const std::string& base) {
  auto path = std::filesystem::path{dir} / base;
  return {path.string() + ".pem", path.string() + ".key"};
}

expected<net::key_pair> read_pair(const file_pair& from) {
  auto certificate = read_file(from.certificate);
  if (!certificate)
    return std::move(certificate.error());
  auto key = read_file(from.key);
  if (!key)
    return std::move(key.error());
  return net::key_pair{std::move(*certificate), std::move(*key)};
}

expected<void> write_pair(const file_pair& to, const net::key_pair& what,
                          bool replace) {
  std::error_code problem;
  auto dir = std::filesystem::path{to.key}.parent_path();
  if (!dir.empty())
    std::filesystem::create_directories(dir, problem);
  if (problem)
    return refusal(errc::unavailable, dir.string(), problem.message());
  if (!replace)
    for (const auto& file : {to.key, to.certificate})
      if (std::filesystem::exists(std::filesystem::symlink_status(file, problem)))
        return refusal(errc::conflict, file, "is there already; --force replaces it");
  if (auto ok = write_file(to.key, what.key, key_mode, replace); !ok)
    return ok;
  return write_file(to.certificate, what.certificate, certificate_mode, replace);
}

} // namespace mica::cli
