// A shared object like any other.

int nothing_to_see() {
  return 1;
}
