#!/usr/bin/env bash
# Makes both lock files: every version pinned, every file hashed, valid on each platform and Python 3.11 or
# newer, and silent about where the packages came from (an index is the machine's business, not ours).
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}

lock() {
    "$uv" pip compile "requirements/$1.in" --output-file "requirements/$1.txt" --no-config --quiet \
        --universal --python-version 3.11 --generate-hashes \
        --no-header --no-emit-index-url --no-emit-find-links "${@:2}"
}

lock base "$@"
lock dev "$@"

if grep -nE '://|^ *--(index|extra-index|find-links|trusted-host)' requirements/*.txt; then
    echo "A lock file names a place to download from: see the lines above." >&2
    exit 1
fi
