# Compiles SNIPPET by COMPILER with FLAGS (a response file) and looks at what it says.
#
# Lines `// EXPECT: text` in the snippet: it must not compile, and the text must stand
# in the diagnostics. Without such lines it must compile and say nothing. What the
# first error takes, up to the next one, must fit a screen.

set(max_lines 20)

file(STRINGS ${SNIPPET} expected REGEX "^// EXPECT: ")
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C
          ${COMPILER} @${FLAGS} -fsyntax-only -fdiagnostics-color=never ${SNIPPET}
  RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)

# An error message of CMake's would be wrapped: the diagnostics go out first.
message(NOTICE "${said}")
if(NOT expected)
  if(NOT status EQUAL 0 OR NOT said STREQUAL "")
    message(FATAL_ERROR "right use is refused or warned of (status ${status})")
  endif()
  return()
endif()
if(status EQUAL 0)
  message(FATAL_ERROR "wrong use compiles")
endif()
foreach(line IN LISTS expected)
  string(REPLACE "// EXPECT: " "" text "${line}")
  string(FIND "${said}" "${text}" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "nothing says \"${text}\"")
  endif()
endforeach()

# A list would be split at the semicolons of the code in the diagnostics.
string(STRIP "${said}" lines)
string(REPLACE ";" "," lines "${lines}")
string(REPLACE "\n" ";" lines "${lines}")
set(errors 0)
set(count 0)
foreach(line IN LISTS lines)
  if(line MATCHES ": error: ")
    math(EXPR errors "${errors} + 1")
  endif()
  if(errors LESS 2)
    math(EXPR count "${count} + 1")
  endif()
endforeach()
if(count GREATER max_lines)
  message(FATAL_ERROR "the first error takes ${count} lines, more than ${max_lines}")
endif()
