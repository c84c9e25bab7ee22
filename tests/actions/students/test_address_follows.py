"""A student's corrected address: an account follows it, unless its user proved another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.actions.access.code_sheet import print_student_codes
from app.actions.access.login_codes import send_student_codes
from app.actions.base.action import Action
from app.actions.base.runner import preview, run
from app.actions.school.retention import forget_outdated
from app.actions.students.students import change_student
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.students import Student
from app.entities.users import LoginCode, User
from app.errors import RuleBroken
from app.permissions import SYSTEM, Actor
from tests.factories import make_student, make_user, refresh

OLD, NEW = "oud@example.nl", "nieuw@example.nl"


@pytest.fixture
def office(actor: Callable[..., Actor]) -> Actor:
    return actor("administrator")


def coded(office: Actor) -> int:
    """A student whose code waits in the outbox, for the address that was typed first."""
    student = make_student(email=OLD, number="4711").id
    mark = preview(send_student_codes, office, [student]).mark
    run(send_student_codes, office, [student], token="t" * 40, shown=mark)
    refresh()
    return student


def corrected(office: Actor, student: int, email: str = NEW) -> Any:
    row = db.session.get_one(Student, student)
    data = {
        "number": row.number,
        "first_name": row.first_name,
        "infix": row.infix,
        "last_name": row.last_name,
        "email": email,
    }
    outcome = run(change_student, office, [student], version=row.version, **data)
    refresh()
    return outcome


def account_of(student: int) -> User:
    refresh()
    return db.session.get_one(User, db.session.get_one(Student, student).user_id)


def test_the_code_of_a_wrong_address_ends_when_the_office_corrects_it(app: Flask, office: Actor) -> None:
    student = coded(office)
    outcome = corrected(office, student)
    assert "1 account krijgt het e-mailadres van de student." in outcome.summary
    assert outcome.details["addresses"]
    assert account_of(student).email == NEW
    assert db.session.scalars(select(LoginCode.cancelled_at)).all() != [None]
    waiting = select(OutboxMail.to_address).where(
        OutboxMail.state == "queued", OutboxMail.purpose != "email_changed"
    )
    assert OLD not in db.session.scalars(waiting).all()


def test_an_address_of_somebody_else_is_told_at_its_field(app: Flask, office: Actor) -> None:
    student = coded(office)
    make_user(email=NEW)
    with pytest.raises(RuleBroken) as refused:
        corrected(office, student)
    assert refused.value.field == "email"
    assert account_of(student).email == OLD


def proved(student: int, address: str) -> None:
    """The student's user gave their account this address, and confirmed it by the code."""
    with transaction():
        user = account_of(student)
        codes = {"nonce": "n", "code_hash": "x", "stop_selector": "s", "stop_hash": "y"}
        moments = {"expires_at": utc_now(), "confirmed_at": utc_now()}
        change = {"old_email": user.email, "new_email": address}
        db.session.add(EmailChange(user_id=user.id, **codes, **moments, **change))
        user.email = address


@pytest.mark.parametrize("act", [send_student_codes, print_student_codes], ids=["send", "print"])
def test_an_account_keeps_the_address_that_its_user_proved(app: Flask, office: Actor, act: Action) -> None:
    """Also without a password: whoever signs in with codes may have changed it under Mijn profiel."""
    student = coded(office)
    proved(student, "eigen@example.nl")
    mark = preview(act, office, [student]).mark
    run(act, office, [student], token="u" * 40, shown=mark)
    assert account_of(student).email == "eigen@example.nl"
    corrected(office, student)
    assert account_of(student).email == "eigen@example.nl"


def test_a_proof_lasts_as_long_as_the_address_and_no_longer(app: Flask, office: Actor) -> None:
    student = coded(office)
    for address in ("eerst@example.nl", "eigen@example.nl"):
        proved(student, address)
    with transaction():
        db.session.execute(update(EmailChange).values(expires_at=utc_now() - timedelta(days=4000)))
    run(forget_outdated, SYSTEM)
    assert db.session.scalars(select(EmailChange.new_email)).all() == ["eigen@example.nl"]
    corrected(office, student)
    assert account_of(student).email == "eigen@example.nl"
    with transaction():  # the office gave the account another address, which nobody proved
        account_of(student).email = "tikfout@example.nl"
    corrected(office, student, "weer@example.nl")
    assert account_of(student).email == "weer@example.nl"
