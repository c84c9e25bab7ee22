"""Every file of the folder: its own clear sentence, or imported right; never half, slow or fatal."""

from __future__ import annotations

import time

import pytest

from app.imports.reader import FileRefused, Limits, read_table
from app.imports.table import MB
from tests.factories import make_programme
from tests.imports.hostile import Case, cases
from tests.support.importing import Wizard

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


@pytest.mark.parametrize("case", [case for case in CASES if case.states], ids=lambda case: case.name)
def test_a_file_that_is_read_gives_rows_in_the_right_state_and_says_what_is_wrong(
    case: Case, wizard: Wizard
) -> None:
    make_programme(crebo="25656")
    pk = wizard.take(case.content, case.name)
    checked = wizard.check(pk)
    assert {state: count for state, count in checked.counts.items() if count and state != "rows"} == dict(
        case.states
    )
    told = " ".join(problem.remark + problem.value for row in checked.rows for problem in row.problems)
    assert [words for words in case.says if words not in told] == []
    wizard.write(pk)
    assert wizard.own_run(pk).counts["new"] == case.states.get("new", 0)


def test_the_limits_are_those_that_the_page_on_security_names() -> None:
    limits = Limits()
    assert (limits.file_bytes, limits.unpacked_bytes) == (20 * MB, 160 * MB)
    assert (limits.rows - 1, limits.columns) == (100_000, 200)
    assert (limits.seconds, limits.memory_bytes) == (8, 300 * MB)
