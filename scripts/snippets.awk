# Prints a Markdown file with its snippets made anew: after a line
#
#   <!-- snippet: PATH [NAME] -->
#
# the fenced block that follows is replaced by what stands in PATH between two lines
# that hold "[NAME]" in a comment of their own, or by the whole file without [NAME].
# A block of C++, CMake or proto without such a line is an error: nothing is pasted.

function give_up(text) {
  printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
  failed = 1
  exit 1
}

function region(path, name,    line, inside, found, text) {
  found = (name == "")
  inside = found
  while ((status = (getline line < path)) > 0) {
    if (name != "" && line ~ ("^[ \t]*(//|#)[ \t]*\\[" name "\\]$")) {
      inside = !inside
      found = 1
    } else if (inside)
      text = text line "\n"
  }
  close(path)
  if (status < 0)
    give_up("cannot read " path)
  if (!found || (name != "" && inside))
    give_up(path " has no pair of lines with [" name "]")
  return text
}

/^<!-- snippet: / {
  print
  path = $3
  name = $4 ~ /^\[/ ? substr($4, 2, length($4) - 2) : ""
  wanted = region(path, name)
  if ((getline) <= 0 || !/^```/)
    give_up("a fenced block must follow the snippet line")
  print
  printf "%s", wanted
  do {
    if ((getline) <= 0)
      give_up("the fenced block does not end")
  } while (!/^```$/)
  print
  next
}

/^```(c\+\+|cpp|cmake|proto)/ {
  give_up("code without a snippet line; name the source that it stands in")
}

{ print }
