#!/usr/bin/env bash
# memory.sh: the memory broker against a bare CAF send to one actor.
set -euo pipefail

cmake --build "$BUILD" --target bench-events-memory > /dev/null
exec "$BUILD/bin/bench-events-memory"
