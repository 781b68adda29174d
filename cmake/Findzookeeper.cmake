# Debian's libzookeeper-mt-dev has headers and libraries but no CMake package.
#
# Sets zookeeper_LIBRARY, the C client with threads of its own, and zookeeper_INCLUDE_DIR.

find_path(zookeeper_INCLUDE_DIR zookeeper/zookeeper.h)
find_library(zookeeper_LIBRARY zookeeper_mt)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(zookeeper
  REQUIRED_VARS zookeeper_LIBRARY zookeeper_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "install libzookeeper-mt-dev (dependencies.txt) or configure with -DMICA_WITH_ZOOKEEPER=OFF")
mark_as_advanced(zookeeper_INCLUDE_DIR zookeeper_LIBRARY)
