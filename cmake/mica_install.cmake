# cmake --install: libraries, public headers, tools and find_package(mica).

include(CMakePackageConfigHelpers)

get_property(_mica_libraries GLOBAL PROPERTY MICA_LIBRARIES)
get_property(_mica_include_dirs GLOBAL PROPERTY MICA_INCLUDE_DIRS)

set(_mica_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mica)

install(TARGETS ${_mica_libraries} protoc-gen-mica mica EXPORT mica-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(_dir ${_mica_include_dirs})
  install(DIRECTORY ${_dir}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
install(EXPORT mica-targets NAMESPACE mica:: DESTINATION ${_mica_config_dir})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/mica-config.cmake.in
  ${PROJECT_BINARY_DIR}/mica-config.cmake INSTALL_DESTINATION ${_mica_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mica-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/mica-config.cmake
  ${PROJECT_BINARY_DIR}/mica-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/mica_generate.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
  DESTINATION ${_mica_config_dir})

# The same for pkg-config: wherever the prefix is, mica.pc finds it by its own place.
set(_mica_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH MICA_PC_TO_PREFIX /${_mica_pc_dir} /)
string(REGEX REPLACE "/$" "" MICA_PC_TO_PREFIX "${MICA_PC_TO_PREFIX}")
# Whoever uses others stands before them.
set(MICA_PC_LIBS "")
foreach(_library ${_mica_libraries})
  get_target_property(_name ${_library} OUTPUT_NAME)
  set(MICA_PC_LIBS "-l${_name} ${MICA_PC_LIBS}")
endforeach()
string(STRIP "${MICA_PC_LIBS}" MICA_PC_LIBS)
configure_file(${PROJECT_SOURCE_DIR}/cmake/mica.pc.in ${PROJECT_BINARY_DIR}/mica.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mica.pc DESTINATION ${_mica_pc_dir})
