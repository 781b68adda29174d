# mica_add_test(NAME SOURCES... [LIBRARIES ...] [FIXTURE name] [LAUNCHER command...]):
# one CAF test program whose cases become one ctest test each, named suite/case.
#
# FIXTURE is the ctest fixture that every case requires, e.g. a server; a case that
# prints "SKIPPED: why" counts as skipped then.
# Test sources are built at -O0 -g1: an optimised actor test costs 10 CPU-seconds
# to compile. A label per program: ctest -L NAME. LAUNCHER names a command with
# arguments that runs each case, e.g. in a network namespace of its own.
function(mica_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;FIXTURE"
                        "LIBRARIES;ENVIRONMENT;LAUNCHER")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  set(paths ${PROJECT_SOURCE_DIR}/test/support/paths.cpp)
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS} ${PROJECT_SOURCE_DIR}/test/main.cpp
                 ${paths})
  # The one file that knows where it stands.
  set_source_files_properties(${paths} PROPERTIES COMPILE_DEFINITIONS
    "MICA_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\";MICA_BINARY_DIR=\"${PROJECT_BINARY_DIR}\"")
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_compile_options(${name} PRIVATE -O0 -g1)
  target_link_libraries(${name} PRIVATE mica_options ${arg_LIBRARIES})
  set(cases ${CMAKE_CURRENT_BINARY_DIR}/${name}-cases.cmake)
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DEXE=$<TARGET_FILE:${name}> -DOUT=${cases} -DLABEL=${name}
            -DSECONDS=${arg_TIMEOUT} -DFIXTURE=${arg_FIXTURE}
            "-DENVIRONMENT=${arg_ENVIRONMENT}" "-DLAUNCHER=${arg_LAUNCHER}"
            -P ${PROJECT_SOURCE_DIR}/cmake/mica_discover_cases.cmake
    VERBATIM)
  # A program that was never built must not pass by having no cases.
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}-include.cmake
    "if(EXISTS \"${cases}\")\n  include(\"${cases}\")\nelse()\n  add_test(${name}-not-built ${name}-not-built)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES
    ${CMAKE_CURRENT_BINARY_DIR}/${name}-include.cmake)
endfunction()
