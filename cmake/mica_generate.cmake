# mica_generate(TARGET proto... [IMPORT_DIRS dir...])
#
# Adds to TARGET what protoc and protoc-gen-mica make of each .proto file:
# x.pb.{h,cc}, x.mica.{hpp,cpp} and x.mica_actor.hpp. Works the same in mica's own
# tree and after find_package(mica).
#
# IMPORT_DIRS: where imports are looked up. A file's path below the first of them
# that contains it is the path it is included by: "dir/x.mica.hpp". Default: the
# current source directory. What TARGET imports from another target's files it gets
# by linking that target, and by naming their directory here.

# DEPFILE paths mean the same whatever policies the caller has set.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)

function(mica_generate target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "IMPORT_DIRS")
  set(protos ${arg_UNPARSED_ARGUMENTS})
  if(NOT TARGET ${target})
    message(FATAL_ERROR "mica_generate(${target}): no such target; call add_executable or add_library first")
  endif()
  if(NOT protos)
    message(FATAL_ERROR "mica_generate(${target}): name at least one .proto file")
  endif()
  # CMake runs a custom command only for targets of the directory that adds it.
  get_target_property(home ${target} SOURCE_DIR)
  if(NOT home STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    message(FATAL_ERROR "mica_generate(${target}): call it in the directory of the target, ${home}")
  endif()
  if(NOT arg_IMPORT_DIRS)
    set(arg_IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
  endif()

  set(roots "")
  foreach(dir IN LISTS arg_IMPORT_DIRS)
    cmake_path(ABSOLUTE_PATH dir NORMALIZE)
    # A trailing slash would be part of the directory's name to protoc.
    string(REGEX REPLACE "(.)/$" "\\1" dir "${dir}")
    if(NOT IS_DIRECTORY "${dir}")
      message(FATAL_ERROR "mica_generate(${target}): IMPORT_DIRS names ${dir}, which is no directory")
    endif()
    list(APPEND roots "${dir}")
  endforeach()
  list(TRANSFORM roots PREPEND -I OUTPUT_VARIABLE includes)

  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}.mica)
  file(MAKE_DIRECTORY ${out})
  foreach(proto IN LISTS protos)
    _mica_generate_file(${target} "${proto}")
  endforeach()
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${out}>)
  target_link_libraries(${target} PUBLIC mica::actors protobuf::libprotobuf)
endfunction()

# One file; uses the variables of mica_generate.
function(_mica_generate_file target proto)
  set(file "${proto}")
  cmake_path(ABSOLUTE_PATH file NORMALIZE)
  # One that another rule generates need not exist yet.
  get_source_file_property(generated "${file}" GENERATED)
  if(NOT EXISTS "${file}" AND NOT generated)
    message(FATAL_ERROR "mica_generate(${target}): ${file} does not exist")
  endif()
  set(relative "")
  foreach(root IN LISTS roots)
    cmake_path(IS_PREFIX root "${file}" inside)
    if(inside)
      cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${root}" OUTPUT_VARIABLE relative)
      break()
    endif()
  endforeach()
  if(NOT relative)
    message(FATAL_ERROR "mica_generate(${target}): ${file} lies in none of ${roots}; name its root by IMPORT_DIRS")
  endif()
  if(NOT relative MATCHES "\\.proto$")
    message(FATAL_ERROR "mica_generate(${target}): ${file} is no .proto file")
  endif()
  string(REGEX REPLACE "\\.proto$" "" stem "${relative}")
  # In the order in which protoc's dependency file has them: Ninja compares the first.
  set(outputs "${out}/${stem}.mica.cpp" "${out}/${stem}.mica.hpp"
              "${out}/${stem}.mica_actor.hpp" "${out}/${stem}.pb.cc" "${out}/${stem}.pb.h")
  # protoc tells what the file imports, but not in paths with blanks: it escapes none.
  if("${out};${roots};${file}" MATCHES " ")
    set(dependencies "")
    set(imports "")
    foreach(root IN LISTS roots)
      file(GLOB_RECURSE found CONFIGURE_DEPENDS "${root}/*.proto")
      list(APPEND imports ${found})
    endforeach()
  else()
    set(dependencies --dependency_out=${out}/${stem}.d)
    set(imports DEPFILE ${out}/${stem}.d)
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc
            --plugin=protoc-gen-mica=$<TARGET_FILE:mica::protoc-gen-mica> ${includes}
            --cpp_out=${out} --mica_out=${out} ${dependencies} ${file}
    DEPENDS ${file} mica::protoc-gen-mica ${imports}
    COMMENT "Generating ${stem}.mica.hpp"
    VERBATIM)
  target_sources(${target} PRIVATE ${outputs})
  # protobuf's own output is not held to the user's warnings.
  set_source_files_properties("${out}/${stem}.pb.cc" PROPERTIES COMPILE_OPTIONS "-w")
endfunction()

cmake_policy(POP)
