#!/usr/bin/env bash
# The whole suite: what touches the database on PostgreSQL, and beside it everything on SQLite, as each waits
# often (for a browser, a process that ends, a disk). SQLite's run is told last; a failure on PostgreSQL ends both,
# so that pytest's own closing lines and exit status are the last word.
# Arguments go to pytest: tools/test.sh tests/rules -k marks
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}
workers=${WORKERS:-2}
nothing_selected=5

"$bin/python" -m tests.support.chromium

told=$(mktemp)
suite() { "$bin/python" -m pytest "$@"; }

# A browser test's module shares one demo school, so a module stays with one worker.
PROEVE_TEST_DATABASE=sqlite suite --numprocesses "$workers" --dist loadscope "$@" >"$told" 2>&1 &
sqlite=$!
trap 'kill "$sqlite" 2>/dev/null || true; rm -f "$told"' EXIT

echo "== PostgreSQL: what touches the database"
status=0
PROEVE_TEST_DATABASE=postgresql suite --numprocesses $(((workers + 1) / 2)) --dist worksteal \
    -m "database and not browser" "$@" || status=$?
# A selection may hold nothing of this kind; the other run then still refuses an empty one.
if [ "$status" -ne 0 ] && ! { [ "$status" -eq "$nothing_selected" ] && [ "$#" -gt 0 ]; }; then
    exit "$status"
fi

echo "== SQLite: everything"
status=0
wait "$sqlite" || status=$?
cat "$told"
exit "$status"
