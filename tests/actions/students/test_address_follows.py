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
from app.actions.users.users import add_user, edit_user
from app.clock import utc_now
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.mail import OutboxMail
from app.entities.profile import EmailChange
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import LoginCode, User
from app.errors import RuleBroken
from app.imports.kinds import USERS
from app.imports.undo_students import undo_student_import
from app.imports.write_users import import_users
from app.permissions import SYSTEM, Actor
from tests.factories import make_student, make_user, refresh
from tests.support.importing import Wizard, lines

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


LONG = f"{'a' * 60}@{'b' * 60}.example.nl"  # an address may be longer than a user name


def named_by_address(student: int) -> User:
    """The student's account, which signs in with its address."""
    account = account_of(student)
    with transaction():
        account = db.session.get_one(User, account.id)
        account.username = account.email
    return account_of(student)


@pytest.mark.everywhere
def test_a_user_name_that_is_the_address_follows_and_is_told(office: Actor) -> None:
    student = coded(office)
    assert named_by_address(student).username == OLD
    corrected(office, student)
    account = account_of(student)
    assert (account.email, account.username) == (NEW, NEW)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "change_student")).one()
    assert list(entry.details["usernames"].values()) == [[OLD, NEW]]
    # The office can go on with it, and whoever has the old address gets an account.
    names = ("first_name", "infix", "last_name", "email", "username", "version")
    given = {name: getattr(account, name) for name in names}
    run(edit_user, office, [account.id], roles=[], phone="06-12345678", **given)
    run(add_user, office, first_name="An", last_name="Der", email=OLD, roles=["exam_committee"])


@pytest.mark.everywhere
@pytest.mark.parametrize("act", [send_student_codes, print_student_codes])
def test_it_follows_with_a_code_too(office: Actor, act: Action) -> None:
    student = coded(office)
    named_by_address(student)
    with transaction():
        db.session.get_one(Student, student).email = NEW
    run(act, office, [student])
    assert (account_of(student).email, account_of(student).username) == (NEW, NEW)


@pytest.mark.everywhere
def test_it_follows_with_an_import_and_goes_back_when_that_is_undone(office: Actor) -> None:
    student = coded(office)
    named_by_address(student)
    wizard = Wizard(office)
    pk = wizard.take(lines(("4711", NEW), header=("Studentnummer", "E-mail")))
    wizard.write(pk)
    assert (account_of(student).email, account_of(student).username) == (NEW, NEW)
    told = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "import_students")).one()
    assert told.details["changes"]["4711"]["Gebruikersnaam van het account"] == [OLD, NEW]
    run(undo_student_import, office, [pk])
    assert (account_of(student).email, account_of(student).username) == (OLD, OLD)


@pytest.mark.everywhere
def test_an_address_too_long_for_a_user_name_is_refused_in_words(office: Actor) -> None:
    student = coded(office)
    named_by_address(student)
    with pytest.raises(RuleBroken, match="te lang") as refused:
        run(add_user, office, first_name="An", last_name="Der", email=LONG, roles=["exam_committee"])
    assert refused.value.field == "username"
    made = run(
        add_user, office, first_name="A", last_name="B", email=LONG, username="ab", roles=["exam_committee"]
    )
    assert made.done == 1
    with transaction():
        db.session.get_one(Student, student).email = LONG.replace("a", "c")
    assert "te lang" in run(send_student_codes, office, [student]).refused[0].reason
    wizard = Wizard(office)
    row = wizard.check(wizard.take(lines(("4711", "d" + LONG[1:]), header=("Studentnummer", "E-mail")))).rows
    assert ["te lang" in problem.remark for problem in row[0].problems] == [True]
    users = Wizard(office, USERS, import_users)
    header = ("E-mail", "Voornaam", "Achternaam", "Rol")
    row = users.check(users.take(lines(("e" + LONG[1:], "A", "B", "Praktijkopleider"), header=header))).rows
    assert ["te lang" in problem.remark for problem in row[0].problems] == [True]
