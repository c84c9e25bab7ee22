"""The commands of README's chapter "A school starts for real", as an operator gives them."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.processes import ROOT

CHAPTER = (ROOT / "README.md").read_text().split("## A school starts for real\n")[1].split("\n## ")[0]
PYTHON = ".venv/bin/python"
NAME = "<your school>"


@dataclass(frozen=True)
class Command:
    """The words of a command, and the settings that stand before it."""

    words: list[str]
    settings: dict[str, str]


def spans() -> list[str]:
    """Everything that the chapter writes as code, each on one line."""
    return [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", CHAPTER)]


def command(verb: str, school: str) -> Command:
    """The command that the chapter gives with this verb of `run.py`, for a school of this name."""
    (found,) = [one for one in spans() if re.search(rf"run\.py {re.escape(verb)}(?: |$)", one)]
    words = shlex.split(found.replace(NAME, school))
    begin = next(number for number, word in enumerate(words) if word in {PYTHON, "run.py"})
    after = words[begin:] if words[begin] == "run.py" else words[begin + 1 :]
    return Command([sys.executable, *after], dict(word.split("=", 1) for word in words[:begin]))


def exported() -> dict[str, str]:
    """The settings that its first step exports."""
    first = " ".join(CHAPTER.split("\n2. ")[0].split())
    found = re.findall(r"`(?:export )?([A-Z_]+)=([^`\s]+)`", first)
    assert found
    return dict(found)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """What a process gets: these settings, and none that the run itself was given."""
    ours = ("PROEVE_", "DATABASE_", "SMTP_", "REDIS_", "WEB_")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(ours)}, **settings}
