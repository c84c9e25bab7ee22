"""Every file of the folder: its own clear sentence, or imported right; never half, slow or fatal."""

from __future__ import annotations

import time

import pytest

from app.imports.reader import FileRefused, read_table
from tests.imports.hostile import Case, cases

CASES = cases()
SECONDS = 10


def test_there_are_sixty_and_each_has_a_name_of_its_own():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_is_read_or_refused_for_its_own_reason_and_soon(case: Case) -> None:
    began = time.monotonic()
    try:
        read_table(case.content, case.name)
        outcome = ""
    except FileRefused as refused:
        outcome = refused.key
    assert outcome in {case.refused, *case.accepts}
    assert time.monotonic() - began < SECONDS
