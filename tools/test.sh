#!/usr/bin/env bash
# The whole suite: what touches the database on PostgreSQL first, then on SQLite what is left to try there, then what
# touches dates at other moments (on SQLite). The first failing run ends it, so that pytest's own closing lines and
# exit status are the last word.
# Arguments go to pytest: tools/test.sh tests/rules -k marks (and the other moments are left to tools/moments.sh)
# ALL=1 runs every test on both databases, and what touches dates at each moment (docs/decisions/0037).
set -euo pipefail
cd "$(dirname "$0")/.."
export BIN=${BIN:-.venv/bin} WORKERS=${WORKERS:-2}
nothing_selected=5
# Where this is set, every worker and every server that a test starts would translate all our code again.
unset PYTHONDONTWRITEBYTECODE

"$BIN/python" -m tests.support.chromium

suite() { "$BIN/python" -m pytest "$@"; }

if [ -n "${ALL:-}" ]; then
    left="" shares=
elif [ "$#" -gt 0 ]; then
    left="not everywhere" shares=
else
    # Pages and walks have just run on PostgreSQL, and what touches dates runs on SQLite at the end.
    left="not everywhere and not (database and not browser and (pages or dates))" shares=9
fi

echo "== PostgreSQL: what touches the database"
status=0
PROEVE_TEST_DATABASE=postgresql suite --numprocesses "$WORKERS" --dist worksteal -m "database and not browser" "$@" || status=$?
# A selection may hold nothing of this kind; the run below then still refuses an empty one.
if [ "$status" -ne 0 ] && ! { [ "$status" -eq "$nothing_selected" ] && [ "$#" -gt 0 ]; }; then
    exit "$status"
fi

echo "== SQLite: what is left"
# A browser test's module shares one demo school, so a module stays with one worker, in the order of collection.
# One worker more than there are processors: a browser test waits about as much as it works.
first=$status
status=0
PROEVE_TEST_DATABASE=sqlite suite --numprocesses $((WORKERS + 1)) --dist loadscope --no-loadscope-reorder -m "$left" "$@" || status=$?
if [ "$status" -eq "$nothing_selected" ] && [ "$first" -eq 0 ] && [ "$#" -gt 0 ]; then
    status=0
fi
if [ "$status" -ne 0 ] || [ "$#" -gt 0 ]; then
    exit "$status"
fi

echo "== SQLite: what touches dates, at other moments"
SHARES=$shares exec tools/moments.sh
