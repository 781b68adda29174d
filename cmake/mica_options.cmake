# Compiler settings shared by every target of this project; none is exported.

add_library(mica_options INTERFACE)
target_compile_options(mica_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)

if(MICA_SANITIZE)
  # CAF 0.17's init_fun_factory binds a reference to null: not ours to mend.
  set(_mica_sanitize -fsanitize=address,undefined -fno-sanitize=null
                     -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options(${_mica_sanitize} -O1 -g1)
  add_link_options(${_mica_sanitize})
endif()

if(MICA_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "MICA_BUILD_FUZZERS needs clang: cmake --preset fuzz")
  endif()
  # `function` and `vptr` need type information across shared objects that were
  # not built with them; `null` as above.
  set(_mica_fuzz -fsanitize=address,undefined -fno-sanitize=null,function,vptr
                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_compile_options(-fsanitize=fuzzer-no-link ${_mica_fuzz} -O1 -g1)
  add_link_options(${_mica_fuzz})
endif()

find_program(MICA_CCACHE ccache)
if(MICA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MICA_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${MICA_CCACHE})
endif()

# mica_add_library(NAME SOURCES...): the shared library mica_NAME, with the
# alias mica::NAME, its public headers in NAME/include and its private ones
# relative to the module's folder.
function(mica_add_library name)
  add_library(mica_${name} SHARED ${ARGN})
  add_library(mica::${name} ALIAS mica_${name})
  set_target_properties(mica_${name} PROPERTIES
    EXPORT_NAME ${name}
    OUTPUT_NAME mica-${name}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_include_directories(mica_${name}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(mica_${name} PRIVATE $<BUILD_INTERFACE:mica_options>)
  # Nobody replaces our functions at load time: without this, the compiler may inline
  # none of those that a shared library exports, and calls go through its table.
  target_compile_options(mica_${name} PRIVATE -fno-semantic-interposition)
  target_link_options(mica_${name} PRIVATE -Wl,-Bsymbolic-functions)
  target_compile_features(mica_${name} PUBLIC cxx_std_20)
  set_property(GLOBAL APPEND PROPERTY MICA_LIBRARIES mica_${name})
  set_property(GLOBAL APPEND PROPERTY MICA_INCLUDE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include)
endfunction()
