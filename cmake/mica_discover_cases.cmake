# Writes one add_test() per case of the CAF test program EXE to OUT.
#
# CAF's runner lists suites with -a and the cases of one with -A. A failed REQUIRE
# aborts the program, so every case gets a process of its own. Filters are
# regular expressions: names are escaped and anchored.

function(escape_regex out text)
  string(REGEX REPLACE "([][+.*()^$?{}|\\\\])" "\\\\\\1" text "${text}")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

execute_process(COMMAND ${EXE} -a OUTPUT_VARIABLE suites ERROR_VARIABLE suites_err RESULT_VARIABLE rc)
set(suites "${suites}${suites_err}")
if(NOT rc EQUAL 0)
  message(FATAL_ERROR "${EXE} -a failed: ${suites}")
endif()
string(REPLACE ";" "\\;" suites "${suites}")
string(REGEX MATCHALL "  - [^\n]+" suites "${suites}")
set(lines "")
set(launch "")
foreach(word IN LISTS LAUNCHER)
  string(APPEND launch "[=[${word}]=] ")
endforeach()
foreach(suite IN LISTS suites)
  string(SUBSTRING "${suite}" 4 -1 suite)
  execute_process(COMMAND ${EXE} -A ${suite} OUTPUT_VARIABLE cases ERROR_VARIABLE cases_err)
  set(cases "${cases}${cases_err}")
  string(REPLACE ";" "\\;" cases "${cases}")
  string(REGEX MATCHALL "  - [^\n]+" cases "${cases}")
  escape_regex(suite_regex "${suite}")
  foreach(case IN LISTS cases)
    string(SUBSTRING "${case}" 4 -1 case)
    escape_regex(case_regex "${case}")
    set(name "${suite}/${case}")
    string(APPEND lines
      "add_test([=[${name}]=] ${launch}[=[${EXE}]=] -n -v 4 -r ${SECONDS} -s [=[^${suite_regex}$]=] -t [=[^${case_regex}$]=])\n"
      "set_tests_properties([=[${name}]=] PROPERTIES LABELS ${LABEL} TIMEOUT ${SECONDS} FAIL_REGULAR_EXPRESSION \"tests:   0\"")
    if(ENVIRONMENT)
      string(APPEND lines " ENVIRONMENT [=[${ENVIRONMENT}]=]")
    endif()
    if(FIXTURE)
      string(APPEND lines " FIXTURES_REQUIRED ${FIXTURE} SKIP_REGULAR_EXPRESSION \"SKIPPED: \"")
    endif()
    string(APPEND lines ")\n")
  endforeach()
endforeach()
file(WRITE ${OUT} "${lines}")
