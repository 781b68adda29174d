#include "fixed/list_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sys/stat.h>

namespace mica::discovery::fixed {

file_mark mark_of(const std::string& path) noexcept {
  struct stat x {};
  if (::stat(path.c_str(), &x) != 0)
    return {};
  return {x.st_mtim.tv_sec, x.st_mtim.tv_nsec, x.st_size, x.st_ino};
}

expected<records> read_list(const std::string& path) {
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  std::string text(max_file_bytes + 1, '\0');
  if (in)
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
  // A folder can be opened, and not read.
  if (!in.is_open() || in.bad())
    return error{errc::unavailable,
                 "can't read " + path + ": "
                     + (errno != 0 ? std::strerror(errno) : "input failed")};
  text.resize(static_cast<size_t>(in.gcount()));
  return read_lines(text, path);
}

} // namespace mica::discovery::fixed
