#!/usr/bin/env bash
# Makes a virtual environment with the first Python of 3.11 or newer on this machine: tools/venv.sh .venv
# PYTHON=/path/to/python chooses one yourself.
set -euo pipefail
target=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

for python in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14 python}; do
    new_enough "$python" || continue
    echo "Making $target with $("$python" --version)..."
    if ! "$python" -m venv "$target"; then
        rm -rf "$target"
        echo "This Python cannot make virtual environments (on Debian and Ubuntu: install python3-venv)." >&2
        exit 1
    fi
    exit 0
done
echo "Proeve needs Python 3.11 or newer; none was found. Install one, or name it: make run PYTHON=/path/to/python" >&2
exit 1
