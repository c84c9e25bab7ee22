"""Machines with a school, each of its own, and one backup of a filled one for all tests of a module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import towns
from tests.support.postgres import programs
from tests.support.towns import Town


@pytest.fixture(scope="module", autouse=True)
def _programs() -> Iterator[None]:
    """PostgreSQL's own programs on the PATH, of the version of the server."""
    found = programs() if towns.KIND == "postgresql" else None
    with pytest.MonkeyPatch.context() as patch:
        if found:
            patch.setenv("PATH", f"{found}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Path]]:
    """A school that nobody touches, and its backup."""
    town = Town.new(tmp_path_factory.mktemp("filled"))
    town.fill()
    yield town, town.backup()
    town.gone()


@pytest.fixture
def kept(filled: tuple[Town, Path]) -> Path:
    """The backup of a filled school."""
    return filled[1]


@pytest.fixture
def new_town(tmp_path: Path) -> Iterator[Callable[[], Town]]:
    made: list[Town] = []

    def make() -> Town:
        made.append(Town.new(tmp_path / f"town-{len(made)}"))
        return made[-1]

    yield make
    for town in made:
        town.gone()
        shutil.rmtree(town.folder, ignore_errors=True)


@pytest.fixture
def empty(new_town: Callable[[], Town]) -> Town:
    """A machine with nothing on it."""
    return new_town()


@pytest.fixture
def town(empty: Town, kept: Path) -> Town:
    """A machine on which the filled school stands."""
    status, told = empty.restore(kept)
    assert status == 0, told
    return empty
