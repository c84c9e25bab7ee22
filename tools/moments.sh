#!/usr/bin/env bash
# What touches dates (the marker `dates`), at each moment of tests/support/clock.py: a line for each, and all that
# pytest said where it failed. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
export BIN=${BIN:-.venv/bin}
export PROEVE_TEST_DATABASE=${PROEVE_TEST_DATABASE:-sqlite}
unset PYTHONDONTWRITEBYTECODE
export DATED="dates and not browser and not everywhere"

at() {
    local number=$1 moment=$2 said status=0
    # In a `make test` each moment has a share of these tests, so that each test runs at one of the nine.
    if [ -n "${SHARES:-}" ]; then export PROEVE_TEST_SHARE=$number/$SHARES; fi
    said=$(PROEVE_TEST_MOMENT=$moment "$BIN/python" -m pytest --durations=0 --durations-min=60 \
        -m "$DATED" "${@:3}" 2>&1) || status=$?
    [ "$status" -eq 0 ] || printf '%s\n' "$said"
    printf '%-24s %s\n' "$moment" "$(tail -1 <<<"$said")"
    return "$status"
}
export -f at

# Looking for them costs as much as running many of them: the files are found once.
mapfile -t files < <("$BIN/python" -m pytest --quiet --collect-only -m "$DATED" "$@" | sed -n 's/::.*//p' | sort --unique)
[ "${#files[@]}" -gt 0 ] || { echo "No test of this selection touches dates."; exit 5; }
"$BIN/python" -m tests.support.clock | cat -n | tr -s ' \t' ' ' |
    xargs --max-procs="${WORKERS:-2}" --max-lines=1 bash -c 'set -- "$@"; at "${@: -2:1}" "${@: -1}" "${@:1:$#-2}"' \
        moments "$@" "${files[@]}"
