"""The lines of docs/running.md, “Backups”, that are other programs': each is carried out as it stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from app.backup.terminal import backup, check_data
from app.restore import restore
from config import ROOT
from tests.support import clock
from tests.support.towns import Town

CHAPTER = (ROOT / "docs" / "running.md").read_text().split("## Backups")[1].split("\n## ")[0]


def lines(begin: str) -> list[str]:
    found = [line.strip() for line in CHAPTER.splitlines() if line.strip().startswith(begin)]
    assert found, begin
    return found


def test_the_chapter_names_the_commands_that_there_are() -> None:
    named = re.findall(r"run\.py ([a-z-]+)", CHAPTER)
    known = {str(one.name) for one in (backup, check_data, restore)} | {"verify-trail", "accept-trail"}
    assert set(named) <= known


def test_the_line_that_rotates_keeps_a_month(tmp_path: Path) -> None:
    month = 31 * 24 * 3600
    for name, age in {"oud.zip": month * 2, "nieuw.zip": 60, "oud.txt": month * 2}.items():
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (clock.seconds() - age,) * 2)
    (line,) = lines("find ")
    subprocess.run(line.replace("/var/backups/proeve", str(tmp_path)), shell=True, check=True)  # noqa: S602
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nieuw.zip", "oud.txt"]


def test_the_service_calls_the_command() -> None:
    (line,) = lines("ExecStart=")
    words = line.removeprefix("ExecStart=").split()
    assert words[:3] == ["/opt/proeve/.venv/bin/python", "run.py", "backup"]
    assert words[3:] == ["/var/backups/proeve"]


def test_the_lines_that_undo_a_restore_do_so(tmp_path: Path) -> None:
    """On SQLite; on PostgreSQL it is another restore: test_a_wrong_restore_is_undone."""
    town = Town.new(tmp_path / "town", "sqlite")
    town.fill()
    kept = town.backup()
    town.ask("UPDATE student SET last_name = 'Gewijzigd'")
    status, told = town.restore(kept)
    assert status == 0, told
    assert town.names() == ["Eerste"]
    moment = re.search(r"demo\.before-(\S+)\.", told)
    assert moment is not None
    for line in lines("mv "):
        here = line.replace("/var/lib/proeve", str(town.folder / "data")).replace("<school>", "demo")
        subprocess.run(here.replace("<moment>", moment[1]), shell=True, check=True)  # noqa: S602
    assert town.names() == ["Gewijzigd"]
    assert town.command("check-data")[0] == 0


@pytest.mark.parametrize("word", ["restore", "backup", "check-data"])
def test_readme_leads_to_it(word: str) -> None:
    assert f"run.py {word}" in (ROOT / "README.md").read_text()
