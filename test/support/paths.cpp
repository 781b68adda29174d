#include "support/paths.hpp"

namespace mica::test {

std::string source_path(const std::string& path) {
  return MICA_SOURCE_DIR "/" + path;
}

std::string build_path(const std::string& path) {
  return MICA_BINARY_DIR "/" + path;
}

} // namespace mica::test
