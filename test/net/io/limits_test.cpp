#define CAF_SUITE limits_page

#include "support/paths.hpp"

#include <caf/test/unit_test.hpp>

#include <cstdint>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in{mica::test::source_path(path)};
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

/// `4 * 1024`, `10'000`.
uint64_t value_of(const std::string& expression) {
  uint64_t result = 1;
  std::stringstream factors{expression};
  for (std::string factor; std::getline(factors, factor, '*');) {
    std::erase(factor, '\'');
    result *= std::stoull(factor);
  }
  return result;
}

using table = std::map<std::string, uint64_t>;

/// Fields with a default: `size_t x = 8 * 1024;` and `milliseconds y{10'000};`.
table fields_of(const std::string& header) {
  table result;
  std::regex field{R"((?:size_t|milliseconds) (\w+)(?: = |\{)([0-9' *]+)(?:;|\};))"};
  for (std::sregex_iterator i{header.begin(), header.end(), field}, end; i != end; ++i)
    result[(*i)[1]] = value_of((*i)[2]);
  return result;
}

/// Rows that begin with a field's name, its unit and its default.
table rows_of(const std::string& page) {
  table result;
  std::regex row{R"(\| `(\w+)` \| [a-z]+ \| (\d+) \|)"};
  for (std::sregex_iterator i{page.begin(), page.end(), row}, end; i != end; ++i)
    result[(*i)[1]] = std::stoull((*i)[2]);
  return result;
}

} // namespace

CAF_TEST(every limit of net stands on its page with its default) {
  auto fields = fields_of(read_file("net/include/mica/net/limits.hpp"));
  auto page = read_file("docs/limits.md");
  // Other modules' limits may have the same names.
  auto rows = rows_of(page.substr(0, page.find("\n## Calls by gRPC")));
  CAF_CHECK(fields.size() > 30);
  for (const auto& [name, value] : fields) {
    CAF_MESSAGE(name);
    CAF_CHECK_EQUAL(rows[name], value);
  }
}
