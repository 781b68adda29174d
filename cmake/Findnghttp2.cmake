# Debian's libnghttp2-dev has headers and libraries but no CMake package.
#
# Defines nghttp2::nghttp2.

find_path(nghttp2_INCLUDE_DIR nghttp2/nghttp2.h)
find_library(nghttp2_LIBRARY nghttp2)

if(nghttp2_INCLUDE_DIR)
  file(STRINGS ${nghttp2_INCLUDE_DIR}/nghttp2/nghttp2ver.h _nghttp2_version
       REGEX "#define NGHTTP2_VERSION +\"")
  string(REGEX MATCH "[0-9]+\\.[0-9.]+" nghttp2_VERSION "${_nghttp2_version}")
  # The bound of CONTINUATION frames (CVE-2024-28182), which Debian's 1.52 has got too.
  file(STRINGS ${nghttp2_INCLUDE_DIR}/nghttp2/nghttp2.h _nghttp2_continuations
       REGEX "nghttp2_option_set_max_continuations")
  if(NOT _nghttp2_continuations)
    set(nghttp2_INCLUDE_DIR nghttp2_INCLUDE_DIR-NOTFOUND)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(nghttp2
  REQUIRED_VARS nghttp2_LIBRARY nghttp2_INCLUDE_DIR
  VERSION_VAR nghttp2_VERSION
  REASON_FAILURE_MESSAGE
    "install libnghttp2-dev with nghttp2_option_set_max_continuations (dependencies.txt)")

if(nghttp2_FOUND AND NOT TARGET nghttp2::nghttp2)
  add_library(nghttp2::nghttp2 SHARED IMPORTED)
  set_target_properties(nghttp2::nghttp2 PROPERTIES
    IMPORTED_LOCATION ${nghttp2_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${nghttp2_INCLUDE_DIR})
endif()
mark_as_advanced(nghttp2_INCLUDE_DIR nghttp2_LIBRARY)
