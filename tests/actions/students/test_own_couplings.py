"""Undoing takes back what one run did itself, and never what a colleague put back meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, select, update

from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.groups.members import add_members, add_to_groups, remove_from_group, remove_members
from app.actions.students import couplings
from app.actions.students.couplings import undo_coupling
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.supervision import couple_users, uncouple_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.engine import transaction
from app.entities.students import Enrolment, Supervision, group_member
from app.permissions import Actor, actor_of
from tests.factories import make_elective, make_group, make_programme, make_student, make_user, refresh
from tests.support.at_once import while_half_done

pytestmark = pytest.mark.everywhere
AGAIN = "is sindsdien opnieuw gekoppeld; dat blijft zo"


@dataclass
class Way:
    """One way to couple a student, and to uncouple one. `rows`: (student, since) of who is coupled so."""

    student: int
    couple: Callable[[Actor], Outcome]
    uncouple: Callable[[Actor], Outcome]
    rows: Select[Any]

    def now(self) -> list[Any]:
        refresh()
        return [tuple(row) for row in db.session.execute(self.rows)]


def _bulk(student: int, couple: Action, uncouple: Action, rows: Select[Any], **chosen: Any) -> Way:
    return Way(
        student,
        lambda who: run(couple, who, [student], **chosen),
        lambda who: run(uncouple, who, [student], **chosen),
        rows,
    )


def _programme() -> Way:
    target = make_programme().id
    rows = select(Enrolment.student_id, Enrolment.created_at).where(Enrolment.programme_id == target)
    return _bulk(make_student().id, couple_programme, uncouple_programme, rows, target=f"p{target}")


def _elective() -> Way:
    target = make_elective().id
    rows = select(Enrolment.student_id, Enrolment.created_at).where(Enrolment.elective_id == target)
    return _bulk(make_student().id, couple_programme, uncouple_programme, rows, target=f"e{target}")


def _members() -> Select[Any]:
    return select(group_member.c.student_id, group_member.c.created_at)


def _group() -> Way:
    rows, group = _members(), make_group().id
    return _bulk(make_student().id, add_to_groups, remove_from_group, rows, groups=[group])


def _page_of_the_group() -> Way:
    student, group = make_student().id, make_group().id
    return Way(
        student,
        lambda who: run(add_members, who, [group], students=[student]),
        lambda who: run(remove_members, who, [group], students=[student]),
        _members(),
    )


def _user() -> Way:
    user = make_user("school_supervisor").id
    rows = select(Supervision.student_id, Supervision.created_at).where(Supervision.user_id == user)
    people = [f"school_supervisor:{user}"]
    return _bulk(make_student().id, couple_users, uncouple_users, rows, users=people)


WAYS = (_programme, _elective, _group, _page_of_the_group, _user)


@pytest.fixture(params=WAYS, ids=[one.__name__.strip("_") for one in WAYS])
def way(app: Flask, request: pytest.FixtureRequest) -> Way:
    made: Way = request.param()
    return made


@pytest.fixture
def two(app: Flask) -> tuple[Actor, Actor]:
    return actor_of(make_user("administrator")), actor_of(make_user("administrator"))


def last_of(actor: Actor) -> int:
    refresh()
    own = select(CouplingRun.id).where(CouplingRun.actor_id == actor.id).order_by(CouplingRun.id.desc())
    return db.session.scalars(own.limit(1)).one()


def undo(actor: Actor, number: int) -> tuple[int, list[str]]:
    outcome = run(undo_coupling, actor, run_id=number)
    return outcome.done, [one.reason for one in outcome.refused]


def test_what_a_colleague_put_back_is_not_taken_for_ones_own(way: Way, two: tuple[Actor, Actor]) -> None:
    mine, colleague = two
    way.couple(colleague)
    first = way.now()
    way.uncouple(colleague)
    removal = last_of(colleague)
    way.couple(mine)
    adding = last_of(mine)
    way.uncouple(colleague)
    assert undo(colleague, removal) == (1, [])
    assert undo(mine, adding) == (0, [AGAIN])
    assert way.now() == first, "the row of before, with the moment of before"


def test_of_before_it_was_kept_since_when_a_row_is_nobodys(way: Way, two: tuple[Actor, Actor]) -> None:
    mine, colleague = two
    way.couple(colleague)
    if "enrolment" in str(way.rows):  # always kept that
        return
    with transaction():
        db.session.execute(update(group_member).values(created_at=None))
        db.session.execute(update(Supervision).values(created_at=None))
    way.uncouple(colleague)
    removal = last_of(colleague)
    way.couple(mine)
    adding = last_of(mine)
    way.uncouple(colleague)
    undo(colleague, removal)
    assert undo(mine, adding) == (0, [AGAIN])
    assert way.now() == [(way.student, None)]


def test_in_the_usual_order_all_is_undone(way: Way, two: tuple[Actor, Actor]) -> None:
    mine, colleague = two
    way.couple(mine)
    adding, first = last_of(mine), way.now()
    way.uncouple(colleague)
    assert undo(colleague, last_of(colleague)) == (1, [])
    assert way.now() == first
    assert undo(mine, adding) == (1, [])
    assert way.now() == []


def test_a_run_of_before_its_rows_carried_its_moment_is_undone_too(
    way: Way, two: tuple[Actor, Actor]
) -> None:
    mine, _colleague = two
    way.couple(mine)
    with transaction():
        db.session.execute(update(CouplingRun).values(rows_at=None))
    assert undo(mine, last_of(mine)) == (1, [])
    assert way.now() == []


@pytest.mark.parametrize("undo_first", [True, False])
def test_of_two_who_take_it_away_at_once_one_did_and_the_other_says_so(
    way: Way, two: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch, undo_first: bool
) -> None:
    mine, colleague = two
    way.couple(mine)
    adding = last_of(mine)
    jobs = [lambda: run(undo_coupling, mine, run_id=adding), lambda: way.uncouple(colleague)]
    answers = while_half_done(monkeypatch, *(jobs if undo_first else jobs[::-1]))
    assert way.now() == []
    assert sum(one.done for one in answers if isinstance(one, Outcome)) == 1


@pytest.mark.parametrize("undo_first", [True, False])
def test_of_two_who_put_it_back_at_once_one_did_and_the_other_says_so(
    way: Way, two: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch, undo_first: bool
) -> None:
    mine, colleague = two
    way.couple(mine)
    way.uncouple(mine)
    removal = last_of(mine)
    jobs = [lambda: run(undo_coupling, mine, run_id=removal), lambda: way.couple(colleague)]
    answers = while_half_done(monkeypatch, *(jobs if undo_first else jobs[::-1]))
    assert len(way.now()) == 1
    assert sum(one.done for one in answers if isinstance(one, Outcome)) == 1


def test_what_went_just_before_it_was_taken_away_is_not_reported(
    way: Way, two: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when another takes the row away between looking and deleting."""
    mine, _colleague = two
    way.couple(mine)
    taking_back = couplings._take_back

    def too_late(made: CouplingRun, piece: couplings.Piece, students: set[int]) -> set[int]:
        for table in (group_member, Supervision.__table__, Enrolment.__table__):
            db.session.execute(table.delete())  # type: ignore[attr-defined]
        return taking_back(made, piece, students)

    monkeypatch.setattr(couplings, "_take_back", too_late)
    assert undo(mine, last_of(mine)) == (0, ["is sindsdien al ontkoppeld"])
