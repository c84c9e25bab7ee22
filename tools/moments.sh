#!/usr/bin/env bash
# What touches dates (the marker `dates`), at each moment of tests/support/clock.py: a line for each, and all that
# pytest said where it failed. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
export BIN=${BIN:-.venv/bin}
export PROEVE_TEST_DATABASE=${PROEVE_TEST_DATABASE:-sqlite}
unset PYTHONDONTWRITEBYTECODE

at() {
    local moment=$1 said status=0
    said=$(PROEVE_TEST_MOMENT=$moment "$BIN/python" -m pytest --quiet --durations=0 --durations-min=60 \
        -m "dates and not browser and not everywhere" "${@:2}" 2>&1) || status=$?
    [ "$status" -eq 0 ] || printf '%s\n' "$said"
    printf '%-24s %s\n' "$moment" "$(tail -1 <<<"$said")"
    return "$status"
}
export -f at

"$BIN/python" -m tests.support.clock |
    xargs --max-procs="${WORKERS:-2}" --replace=MOMENT bash -c 'at "$@"' moments MOMENT "$@"
