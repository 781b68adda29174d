#include "cli/plugin_check.hpp"

#include "cli/commands.hpp"
#include "cli/plugin_claims.hpp"
#include "cli/requests.hpp"
#include "plugin/plugin_file.hpp"

#include <exception>
#include <iostream>

namespace mica::cli {

namespace {

std::string outcome_of(const claim& x) {
  try {
    return x.holds();
  } catch (const std::exception& problem) {
    return std::string{"it throws: "} + problem.what();
  }
}

} // namespace

int check_plugin(const std::string& file) {
  detail::extensions parts;
  auto loaded = detail::load_plugin(file, parts);
  if (!loaded)
    return complain(loaded.error().detail);
  std::cout << *loaded << std::endl;
  size_t kept = 0;
  auto all = claims_of(parts);
  for (const auto& x : all) {
    auto why = outcome_of(x);
    kept += why.empty() ? 1 : 0;
    std::cout << (why.empty() ? "holds  " : "FAILS  ") << x.text
              << (why.empty() ? "" : ": ") << why << std::endl;
  }
  std::cout << kept << " of " << all.size() << " claims hold" << std::endl;
  return kept == all.size() ? done : failed;
}

} // namespace mica::cli
