"""Four people who couple the same at the same moment: it is done once, and nobody is told that it failed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.action import REGISTRY
from app.actions.base.integrity import OTHERWISE
from app.actions.base.runner import run
from app.actions.base.wording import say
from app.actions.groups.groups import remove_group
from app.actions.groups.members import add_members, add_to_groups
from app.entities.base import db
from app.entities.students import StudentGroup, group_member
from app.errors import NotFound, RuleBroken
from app.permissions import SYSTEM, actor_of
from tests.factories import make_group, make_student, make_user, refresh
from tests.support.racer import race
from tests.test_coupling_names import COUPLINGS

pytestmark = pytest.mark.schema
ADDS = sorted(name for name in COUPLINGS if name.startswith(("couple", "add", "exclude")))
TAKES = sorted(COUPLINGS.keys() - set(ADDS))


def at_once(folder: Path, name: str) -> list[tuple[int, int, str]]:
    """(done, unchanged, refusal) of each of four who run this action on the same rows."""
    made, actor = COUPLINGS[name](), actor_of(make_user("administrator"))

    def work() -> None:
        try:
            outcome = run(REGISTRY[name], actor, made.ids, **made.chosen)
            told = (outcome.done, outcome.unchanged, "")
        except RuleBroken as refused:
            told = (0, 0, say(refused))
        (folder / str(os.getpid())).write_text(json.dumps(told))

    assert race(work) == [""] * 4
    return sorted(tuple(json.loads(one.read_text())) for one in folder.iterdir())


@pytest.mark.parametrize("name", ADDS)
def test_coupling_the_same_at_once_is_done_once_and_is_so_for_the_others(
    app: Flask, name: str, tmp_path: Path
) -> None:
    told = at_once(tmp_path, name)
    assert [one[2] for one in told] == [""] * 4
    assert sum(done for done, _unchanged, _refusal in told) == 2
    assert sum(unchanged for _done, unchanged, _refusal in told) == 6


@pytest.mark.parametrize("name", TAKES)
def test_uncoupling_the_same_at_once_is_done_once_and_never_vague(
    app: Flask, name: str, tmp_path: Path
) -> None:
    told = at_once(tmp_path, name)
    assert sum(done for done, _unchanged, _refusal in told) == 2
    assert OTHERWISE not in {refusal for _done, _unchanged, refusal in told}


def test_a_group_that_goes_while_students_come_says_what_is_gone(app: Flask, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    students, groups = [make_student().id for _ in range(30)], [make_group().id for _ in range(12)]

    def work() -> None:
        for number, group in enumerate(groups):
            mine = (os.getpid() + number) % 3
            try:
                if mine == 0:
                    run(remove_group, SYSTEM, [group])
                elif mine == 1:
                    run(add_members, SYSTEM, [group], students=students)
                else:
                    run(add_to_groups, SYSTEM, students, groups=[group])
            except NotFound:
                continue
            except RuleBroken as refused:
                (told / f"{os.getpid()}-{number}").write_text(say(refused))

    assert race(work) == [""] * 4
    for one in told.iterdir():
        assert "studentgroep" in one.read_text(), "what is gone, or is in it by now"
    refresh()
    left = set(db.session.scalars(select(StudentGroup.id)))
    assert set(db.session.scalars(select(group_member.c.group_id))) <= left
