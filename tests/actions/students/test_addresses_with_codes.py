"""Inlogcodes give accounts that nobody used the address of the student: said before, and in the trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.access.code_sheet import print_student_codes
from app.actions.access.login_codes import send_student_codes
from app.actions.base.action import Action
from app.actions.base.runner import Selection, preview, run
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import ChangedMeanwhile
from app.permissions import Actor
from app.rules.people import without_mail
from tests.factories import make_student, make_user, refresh
from tests.support.queries import counted
from tests.support.visitor import Visitor

Acting = Callable[..., Actor]
BOTH = pytest.mark.parametrize("act", [send_student_codes, print_student_codes], ids=["send", "print"])


def outdated(number: int = 1, **values: Any) -> Student:
    """A student with another address than the account that nobody used."""
    old = values.pop("old", f"fuot{number}@example.nl")
    user = make_user("student", email=old, first_name="Fleur", infix="", last_name=f"Vos{number}", **values)
    names = {"first_name": "Fleur", "infix": "", "last_name": f"Vos{number}"}
    email = f"goed{number}@example.nl"
    return make_student(number=f"90{number}", email=email, user_id=user.id, **names)


def address_of(student: int) -> str:
    refresh()
    return db.session.scalars(select(User.email).join(Student).where(Student.id == student)).one()


@pytest.mark.everywhere
@BOTH
def test_the_trail_holds_old_and_new_of_each_student(actor: Acting, act: Action) -> None:
    ids = [outdated(number).id for number in range(1, 61)]
    outcome = run(act, actor("administrator"), Selection(ids=ids))
    assert outcome.done == len(ids)
    refresh()
    details = db.session.scalars(select(AuditEntry.details).where(AuditEntry.action == act.name)).one()
    assert details["addresses"] == {
        f"Fleur Vos{n} (90{n})": [f"fuot{n}@example.nl", f"goed{n}@example.nl"] for n in range(1, 61)
    }


@BOTH
def test_the_page_says_whose_address_changes_before_it_does(
    visit: Callable[..., Visitor], act: Action
) -> None:
    student, nowhere = outdated().id, outdated(2, old=without_mail("902")).id
    page = visit("administrator").get(f"/studenten/do/{act.name}?id={student}&id={nowhere}").text
    assert "2 accounts krijgen het e-mailadres van de student." in page
    assert "Fleur Vos1: fuot1@example.nl → goed1@example.nl" in page
    assert "Fleur Vos2: geen e-mailadres → goed2@example.nl" in page
    assert address_of(student) == "fuot1@example.nl"


@BOTH
def test_nothing_is_said_of_accounts_that_keep_theirs(actor: Acting, act: Action) -> None:
    used, both = outdated(1, password="a hash").id, outdated(2).id
    with transaction():
        student = db.session.get_one(Student, both)
        student.user.email = student.email
    outcome = preview(act, actor("administrator"), [used, both])
    assert "e-mailadres van de student" not in outcome.summary
    assert "→" not in " ".join(outcome.names)
    assert "addresses" not in outcome.details


@pytest.mark.everywhere
@BOTH
@pytest.mark.parametrize("number", [1, 40], ids=["named", "beyond the first that are named"])
@pytest.mark.parametrize("what", ["student", "account"])
def test_another_address_than_was_announced_changes_nothing(
    actor: Acting, act: Action, number: int, what: str
) -> None:
    """A version that stays: the mark holds the addresses themselves."""
    admin, ids = actor("administrator"), [outdated(n).id for n in range(1, 41)]
    shown = preview(act, admin, Selection(ids=ids)).mark
    with transaction():
        student = db.session.get_one(Student, ids[number - 1])
        row = student if what == "student" else student.user
        row.email = "anders@example.nl"
    before = address_of(ids[number - 1])
    with pytest.raises(ChangedMeanwhile):
        run(act, admin, Selection(ids=ids), token="t", shown=shown)
    assert address_of(ids[number - 1]) == before
    assert address_of(ids[1]) == "fuot2@example.nl"


@BOTH
def test_a_closed_account_that_gets_no_code_keeps_its_address(actor: Acting, act: Action) -> None:
    """Nothing is done, so no entry would tell of it."""
    student = outdated(1, active=False).id
    outcome = run(act, actor("administrator"), [student])
    assert (outcome.done, len(outcome.refused)) == (0, 1)
    assert address_of(student) == "fuot1@example.nl"


@BOTH
def test_many_cost_as_many_statements_as_few(app: Flask, actor: Acting, act: Action) -> None:
    admin, made = actor("administrator"), iter(range(1, 100))

    def cost(students: int) -> int:
        ids = [outdated(next(made)).id for _ in range(students)]
        with counted() as statements:
            run(act, admin, Selection(ids=ids))
        return len(statements)

    assert cost(3) == cost(40)
