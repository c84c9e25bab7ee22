"""Where Chromium is, how the tests start it, and how a machine without one gets it.

`python -m tests.support.chromium` finds or installs one and says what happened; it exits 1 when it can't.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

# The first is the same engine without the windows around it: the tests take a third less of a machine.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Quiet: no first-run pages, no updates, no traffic of its own. --headless is Playwright's.
QUIET_ARGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ChromiumMissing(RuntimeError):
    """No working Chromium was found; the text says what to do."""


def launch_args() -> list[str]:
    """Arguments for `chromium.launch(args=...)`."""
    # Chromium's sandbox refuses to start for root.
    return [*QUIET_ARGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@lru_cache(maxsize=1)
def chromium_path() -> Path:
    """The Chromium to use: PROEVE_CHROMIUM, else the machine's own, else Playwright's.

    Raises ChromiumMissing when none of them starts.
    """
    named = os.environ.get("PROEVE_CHROMIUM")
    if named:
        if not _starts(named):
            raise ChromiumMissing(f"PROEVE_CHROMIUM is {named}, but that does not start.")
        return Path(named)
    for candidate in _candidates():
        if _starts(candidate):
            return Path(candidate)
    raise ChromiumMissing(
        "No Chromium was found. `make test` installs one; "
        "or install it yourself and name it in PROEVE_CHROMIUM."
    )


def _candidates() -> Iterator[str]:
    yield from (path for name in NAMES if (path := shutil.which(name)))
    # In a process of its own: a test may be using Playwright in this one already.
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if found.returncode == 0:
        yield found.stdout.strip()


def _starts(path: str) -> bool:
    # Ubuntu's "chromium" may be a stub that only says where to find the real one: so ask it.
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def install() -> Path:
    """Install a Chromium and return its path. Raises ChromiumMissing, with what was tried, when it can't."""
    tried = []
    for commands in _ways_to_install():
        tried.append(" && ".join(" ".join(command) for command in commands))
        print(f"Installing Chromium: {tried[-1]}", flush=True)
        if all(subprocess.run(command, check=False).returncode == 0 for command in commands):
            chromium_path.cache_clear()
            try:
                return chromium_path()
            except ChromiumMissing:
                continue
    raise ChromiumMissing(
        "The browser tests need a Chromium, and none could be installed. Tried: "
        + "; ".join(tried)
        + ". Install one yourself and name it in PROEVE_CHROMIUM."
    )


def _ways_to_install() -> Iterator[list[list[str]]]:
    is_root = os.geteuid() == 0
    if is_root and shutil.which("apt-get"):
        # The packages that Debian recommends with it are for a desktop: printers, batteries, notifications.
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        yield [["apt-get", "update", "-qq"], [*install, SHELL]]
        yield [[*install, "chromium"]]
    playwright = [sys.executable, "-m", "playwright", "install"]
    if is_root:
        # The libraries it needs come from the package manager, which is for root only.
        yield [[*playwright, "--with-deps", "chromium"]]
    yield [[*playwright, "chromium"]]


def main() -> int:
    try:
        path = chromium_path()
    except ChromiumMissing as missing:
        if os.environ.get("PROEVE_CHROMIUM"):
            print(missing, file=sys.stderr)
            return 1
        try:
            path = install()
        except ChromiumMissing as failure:
            print(failure, file=sys.stderr)
            return 1
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
