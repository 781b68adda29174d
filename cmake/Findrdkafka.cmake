# Debian's librdkafka-dev has headers and libraries but no CMake package.
#
# Defines rdkafka::rdkafka, the C library.

find_path(rdkafka_INCLUDE_DIR librdkafka/rdkafka.h)
find_library(rdkafka_LIBRARY rdkafka)

if(rdkafka_INCLUDE_DIR)
  # 0xMMmmrrxx, xx being ff for a release.
  file(STRINGS ${rdkafka_INCLUDE_DIR}/librdkafka/rdkafka.h _rdkafka_version
       REGEX "#define +RD_KAFKA_VERSION +0x")
  if(_rdkafka_version MATCHES "0x(..)(..)(..)..")
    math(EXPR _rdkafka_major "0x${CMAKE_MATCH_1}")
    math(EXPR _rdkafka_minor "0x${CMAKE_MATCH_2}")
    math(EXPR _rdkafka_patch "0x${CMAKE_MATCH_3}")
    set(rdkafka_VERSION ${_rdkafka_major}.${_rdkafka_minor}.${_rdkafka_patch})
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(rdkafka
  REQUIRED_VARS rdkafka_LIBRARY rdkafka_INCLUDE_DIR
  VERSION_VAR rdkafka_VERSION
  REASON_FAILURE_MESSAGE
    "install librdkafka-dev (dependencies.txt) or configure with -DMICA_WITH_KAFKA=OFF")

if(rdkafka_FOUND AND NOT TARGET rdkafka::rdkafka)
  add_library(rdkafka::rdkafka SHARED IMPORTED)
  set_target_properties(rdkafka::rdkafka PROPERTIES
    IMPORTED_LOCATION ${rdkafka_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${rdkafka_INCLUDE_DIR})
endif()
mark_as_advanced(rdkafka_INCLUDE_DIR rdkafka_LIBRARY)
