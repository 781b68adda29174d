# Debian's libnats-dev has a CMake package that names libraries which it does not ship.
#
# Defines cnats::cnats.

find_path(cnats_INCLUDE_DIR nats/nats.h)
find_library(cnats_LIBRARY nats)

if(cnats_INCLUDE_DIR)
  file(STRINGS ${cnats_INCLUDE_DIR}/nats/version.h _cnats_version
       REGEX "#define NATS_VERSION_STRING +\"")
  string(REGEX MATCH "[0-9]+\\.[0-9.]+" cnats_VERSION "${_cnats_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cnats
  REQUIRED_VARS cnats_LIBRARY cnats_INCLUDE_DIR
  VERSION_VAR cnats_VERSION
  REASON_FAILURE_MESSAGE
    "install libnats-dev (dependencies.txt) or configure with -DMICA_WITH_NATS=OFF")

if(cnats_FOUND AND NOT TARGET cnats::cnats)
  add_library(cnats::cnats SHARED IMPORTED)
  set_target_properties(cnats::cnats PROPERTIES
    IMPORTED_LOCATION ${cnats_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${cnats_INCLUDE_DIR})
endif()
mark_as_advanced(cnats_INCLUDE_DIR cnats_LIBRARY)
