# mica_generate(TARGET proto...): adds to TARGET what protoc and protoc-gen-mica
# make of each .proto file: x.pb.{h,cc} and x.mica.{hpp,cpp}.
#
# Options after the files:
#   IMPORT_DIRS dir...  where imports are looked up; the first one that contains
#                       the file is its root. Default: the current source dir.
function(mica_generate target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "IMPORT_DIRS")
  if(NOT arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mica_generate(${target}): name at least one .proto file")
  endif()
  if(NOT arg_IMPORT_DIRS)
    set(arg_IMPORT_DIRS ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}.mica)
  file(MAKE_DIRECTORY ${out})
  set(includes "")
  set(roots "")
  foreach(dir ${arg_IMPORT_DIRS})
    get_filename_component(dir ${dir} ABSOLUTE)
    list(APPEND roots ${dir})
    list(APPEND includes -I${dir})
  endforeach()
  foreach(proto ${arg_UNPARSED_ARGUMENTS})
    get_filename_component(file ${proto} ABSOLUTE)
    set(relative "")
    foreach(root ${roots})
      cmake_path(IS_PREFIX root ${file} inside)
      if(inside)
        file(RELATIVE_PATH relative ${root} ${file})
        break()
      endif()
    endforeach()
    if(NOT relative)
      message(FATAL_ERROR "mica_generate(${target}): ${proto} lies in none of ${roots}; name its root by IMPORT_DIRS")
    endif()
    string(REGEX REPLACE "\\.proto$" "" stem ${relative})
    set(outputs ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
                ${out}/${stem}.mica.cpp ${out}/${stem}.mica.hpp)
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc --plugin=protoc-gen-mica=$<TARGET_FILE:mica::protoc-gen-mica>
              ${includes} --cpp_out=${out} --mica_out=${out} ${file}
      DEPENDS ${file} mica::protoc-gen-mica
      COMMENT "Generating ${stem}.mica.hpp"
      VERBATIM)
    target_sources(${target} PRIVATE ${outputs})
    # protobuf's own output is not held to this project's warnings.
    set_source_files_properties(${out}/${stem}.pb.cc PROPERTIES COMPILE_OPTIONS "-w")
  endforeach()
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${out}>)
  target_link_libraries(${target} PUBLIC mica::actors protobuf::libprotobuf)
endfunction()
