# mica_add_fuzzer(NAME SOURCE CORPUS_DIR [LIBRARIES lib...] [INCLUDES dir...]
#                 [MAX_LEN bytes]): the libFuzzer program fuzz-NAME.
#
# SOURCE defines LLVMFuzzerTestOneInput. CORPUS_DIR holds the seeds, one input per
# file; what a run finds stays in the build tree. LIBRARIES default to mica::codecs;
# INCLUDES are for private headers of a module, e.g. ${PROJECT_SOURCE_DIR}/net.
#
# Only the preset `fuzz` builds the programs (MICA_BUILD_FUZZERS, clang). In every other
# build, ctest runs what that preset has built in build/fuzz, each for
# MICA_FUZZ_SECONDS from MICA_FUZZ_SEED, so that the same tree gives the same verdict;
# a program that is not there fails. `test/fuzz.sh` searches on with other seeds.

set(MICA_FUZZ_SECONDS 5 CACHE STRING "Seconds that each fuzzer runs in ctest")
set(MICA_FUZZ_SEED 1 CACHE STRING "Seed of each fuzzer in ctest; 0 is a random one")
if(NOT TARGET fuzzers)
  add_custom_target(fuzzers)
endif()

function(mica_add_fuzz_test name corpus max_len)
  set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
  file(MAKE_DIRECTORY ${found})
  add_test(NAME fuzz/${name}
    COMMAND ${PROJECT_SOURCE_DIR}/build/fuzz/bin/fuzz-${name}
            -seed=${MICA_FUZZ_SEED} -max_total_time=${MICA_FUZZ_SECONDS} -max_len=${max_len}
            -rss_limit_mb=1024 -timeout=5 -print_final_stats=1
            -artifact_prefix=${found}- ${found} ${corpus})
  math(EXPR limit "${MICA_FUZZ_SECONDS} + 60")
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT ${limit})
endfunction()

function(mica_add_fuzzer name source corpus)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "MAX_LEN" "LIBRARIES;INCLUDES")
  if(NOT arg_LIBRARIES)
    set(arg_LIBRARIES mica::codecs)
  endif()
  if(NOT arg_MAX_LEN)
    set(arg_MAX_LEN 4096)
  endif()
  get_filename_component(corpus ${corpus} ABSOLUTE)
  if(NOT MICA_BUILD_FUZZERS)
    mica_add_fuzz_test(${name} ${corpus} ${arg_MAX_LEN})
    return()
  endif()
  file(GLOB seeds ${corpus}/*)
  if(NOT seeds)
    message(FATAL_ERROR "mica_add_fuzzer(${name}): no seed in ${corpus}")
  endif()
  add_executable(fuzz-${name} ${source})
  target_include_directories(fuzz-${name} PRIVATE ${arg_INCLUDES})
  target_link_libraries(fuzz-${name} PRIVATE ${arg_LIBRARIES} mica_options)
  target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz-${name})
endfunction()
