"""Writes docs/components.md: libraries, their versions, and which needs which. `make components` runs this.

It reads the lock file alone, so that every machine writes the same page. What stands above the mark is
written by hand and stays.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "components.md"
LOCK = ROOT / "requirements" / "base.txt"
ASKED = ROOT / "requirements" / "base.in"
MARK = "<!-- From here on made by `make components`; a test fails when it is out of date. -->"
PINNED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)(?: ; (?P<where>[^\\]+?))? \\$"
)


@dataclass(frozen=True)
class Component:
    """One library of the lock; `through`: the libraries that need it, `where`: the machines it is for."""

    name: str
    version: str
    through: tuple[str, ...]
    where: str


def components(lock: str) -> list[Component]:
    """Every library of a lock file, in its order."""
    found: list[Component] = []
    heads: list[re.Match[str]] = []
    through: list[str] = []

    def close() -> None:
        if heads:
            head = heads.pop()
            where = (head["where"] or "").strip()
            found.append(Component(head["name"], head["version"], tuple(through), where))
            through.clear()

    for line in lock.splitlines():
        head = PINNED.match(line)
        if head:
            close()
            heads.append(head)
        elif (told := re.match(r"^ +# +(?:via +)?([A-Za-z0-9._-]+)$", line)) and told[1] != "via":
            through.append(told[1])
    close()
    return found


def asked_for(text: str) -> set[str]:
    """The libraries that we ask for ourselves, as the lock spells them."""
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in text.splitlines() if not line.startswith("#"))
    return {found[0].lower().replace("_", "-").replace(".", "-") for found in names if found}


def table(found: list[Component], ours: set[str]) -> str:
    """The generated half of the page."""
    lines = [f"{len(found)} libraries, of which {len(ours)} asked for by ourselves.", ""]
    lines += ["| library | version | needed by | only where |", "| --- | --- | --- | --- |"]
    for one in found:
        needs = [name for name in one.through if name not in {"-r", "requirements"}]
        by = ", ".join((["**Proeve**"] if one.name in ours else []) + needs) or "**Proeve**"
        lines.append(f"| {one.name} | {one.version} | {by} | {one.where} |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with its generated half brought up to date."""
    kept = text.split(MARK, maxsplit=1)[0].rstrip()
    made = table(components(LOCK.read_text()), asked_for(ASKED.read_text()))
    return f"{kept}\n\n{MARK}\n\n{made}"


def main() -> int:
    PAGE.write_text(page(PAGE.read_text()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
