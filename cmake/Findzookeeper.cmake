# Debian's libzookeeper-mt-dev has headers and libraries but no CMake package.
#
# Defines zookeeper::zookeeper, the C client with threads of its own.

find_path(zookeeper_INCLUDE_DIR zookeeper/zookeeper.h)
find_library(zookeeper_LIBRARY zookeeper_mt)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(zookeeper
  REQUIRED_VARS zookeeper_LIBRARY zookeeper_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "install libzookeeper-mt-dev (dependencies.txt) or configure with -DMICA_WITH_ZOOKEEPER=OFF")

if(zookeeper_FOUND AND NOT TARGET zookeeper::zookeeper)
  add_library(zookeeper::zookeeper SHARED IMPORTED)
  # Without THREADED its header declares no call that waits.
  set_target_properties(zookeeper::zookeeper PROPERTIES
    IMPORTED_LOCATION ${zookeeper_LIBRARY}
    INTERFACE_COMPILE_DEFINITIONS THREADED
    INTERFACE_INCLUDE_DIRECTORIES ${zookeeper_INCLUDE_DIR})
endif()
mark_as_advanced(zookeeper_INCLUDE_DIR zookeeper_LIBRARY)
