"""A student's account follows an import: shown in the check, held by its mark, and told by the trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import preview, run
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.entities.trail import AuditEntry
from app.entities.users import User
from app.errors import ChangedMeanwhile
from app.imports.summary import Summary, summary_of
from app.imports.undo_students import undo_student_import
from app.imports.write_students import import_students
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.users.users import roles_of
from tests.factories import make_student, make_user, refresh
from tests.support.importing import Wizard, lines
from tests.support.queries import counted
from tests.support.visitor import Visitor

HEADER = ("Studentnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mail")
NAMES = {"first_name": "Noor", "infix": "", "last_name": "Bos"}
NEW = ("9", "Noortje", "van den", "Bosch", "nieuw@example.nl")
EACH = {
    "Voornaam van het account": ["Noor", "Noortje"],
    "Tussenvoegsel van het account": ["", "van den"],
    "Achternaam van het account": ["Bos", "Bosch"],
}
ADDRESS = {"E-mailadres van het account": ["oud@example.nl", "nieuw@example.nl"]}


@pytest.fixture
def wizard(actor: Callable[..., Actor]) -> Wizard:
    return Wizard(actor("administrator"))


def pupil(*roles: str, number: str = "9", **values: Any) -> int:
    """A student with an account; gives the account."""
    account = {**NAMES, "email": "oud@example.nl"} | values
    user = make_user("student", *roles, **account)
    make_student(number=number, user_id=user.id, **NAMES, email="oud@example.nl")
    refresh()
    return int(user.id)


def kept(account: int) -> User:
    refresh()
    return db.session.get_one(User, account)


def taken(wizard: Wizard, *rows: tuple[str, ...]) -> int:
    return wizard.take(lines(*(rows or (NEW,)), header=HEADER))


def written(wizard: Wizard, pk: int, seen: str) -> Any:
    return run(import_students, wizard.actor, [pk], version=wizard.own_run(pk).version, seen=seen)


def mark(wizard: Wizard, pk: int) -> str:
    return summary_of(wizard.actor, wizard.check(pk)).mark


def edited(account: int, **changes: Any) -> None:
    user = kept(account)
    names = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone", "version")
    given = {name: getattr(user, name) for name in names}
    roles = [role.value for role in roles_of(user) if role != "student"]
    run(edit_user, SYSTEM, [account], **given | {"roles": roles} | changes)


@pytest.mark.everywhere
def test_the_trail_holds_old_and_new_of_each_column(wizard: Wizard) -> None:
    account = pupil()
    wizard.write(taken(wizard))
    refresh()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "import_students")).one()
    told = entry.details["changes"]["9"]
    assert {label: pair for label, pair in told.items() if "account" in label} == EACH | ADDRESS
    assert (kept(account).full_name, kept(account).email) == ("Noortje van den Bosch", "nieuw@example.nl")


def test_the_check_names_it_and_says_of_how_many(visit: Callable[..., Visitor]) -> None:
    pupil()
    visitor = visit("administrator")
    own = Wizard(_actor(visitor))
    page = visitor.get(f"/studenten/importeren/{taken(own)}/controle").text
    assert "Van 1 account verandert de naam of het e-mailadres mee." in page
    for label, pair in (EACH | ADDRESS).items():
        assert label in page
        assert all(value in page for value in pair)


def _actor(visitor: Visitor) -> Actor:
    return actor_of(db.session.get_one(User, visitor.user_id))


def test_nothing_is_said_where_no_account_changes(visit: Callable[..., Visitor]) -> None:
    make_student(number="9", **NAMES)
    visitor = visit("administrator")
    page = visitor.get(f"/studenten/importeren/{taken(Wizard(_actor(visitor)))}/controle").text
    assert "van het account" not in page
    assert "verandert de naam" not in page


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "changes",
    [
        {"email": "collega@example.nl"},
        {"email": "nieuw@example.nl"},
        {"roles": ["school_examiner"]},
    ],
    ids=["another address", "the address of the file", "a role by which it keeps its address"],
)
def test_an_account_that_changed_since_the_check_is_not_written_over(
    wizard: Wizard, changes: dict[str, Any]
) -> None:
    account = pupil()
    pk = taken(wizard)
    seen = mark(wizard, pk)
    edited(account, **changes)
    before = (kept(account).full_name, kept(account).email, kept(account).version)
    with pytest.raises(ChangedMeanwhile):
        written(wizard, pk, seen)
    assert (kept(account).full_name, kept(account).email, kept(account).version) == before
    assert db.session.scalars(select(Student.last_name)).one() == "Bos"
    assert written(wizard, pk, mark(wizard, pk)).done == 1


def test_an_account_that_is_as_it_was_is_written(wizard: Wizard) -> None:
    account = pupil()
    pk = taken(wizard)
    assert written(wizard, pk, mark(wizard, pk)).done == 1
    assert kept(account).email == "nieuw@example.nl"


def test_who_has_another_role_too_keeps_the_address_and_gets_the_name(wizard: Wizard) -> None:
    account = pupil("school_examiner")
    pk = taken(wizard)
    told = {change.label: [change.old, change.new] for change in wizard.check(pk).rows[0].changes}
    assert {label: pair for label, pair in told.items() if "account" in label} == EACH
    wizard.write(pk)
    assert (kept(account).full_name, kept(account).email) == ("Noortje van den Bosch", "oud@example.nl")


def test_an_address_that_the_file_leaves_as_it_is_moves_no_account(wizard: Wizard) -> None:
    """The user confirmed another since, at Mijn profiel."""
    account = pupil(email="eigen@example.nl")
    wizard.write(taken(wizard, ("9", "Noortje", "", "Bos", "oud@example.nl")))
    assert (kept(account).first_name, kept(account).email) == ("Noortje", "eigen@example.nl")


def test_the_same_file_again_changes_nothing(wizard: Wizard) -> None:
    account = pupil()
    wizard.write(taken(wizard))
    version = kept(account).version
    outcome = wizard.write(taken(wizard))
    assert (outcome.done, outcome.unchanged, kept(account).version) == (0, 1, version)


def test_undoing_tells_what_the_account_got_back(wizard: Wizard) -> None:
    account = pupil()
    pk = taken(wizard)
    wizard.write(pk)
    said = preview(undo_student_import, wizard.actor, [pk]).summary
    assert "1 account krijgt zijn oude e-mailadres terug en is overal afgemeld." in said, "it is announced"
    run(undo_student_import, wizard.actor, [pk])
    refresh()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "undo_student_import")).one()
    assert entry.details["changes"]["9"]["account"]["email"] == ["nieuw@example.nl", "oud@example.nl"]
    assert (kept(account).full_name, kept(account).email) == ("Noor Bos", "oud@example.nl")


@pytest.mark.everywhere
@pytest.mark.parametrize("since", ["changed", "address taken", "made"])
def test_undoing_gives_the_account_the_name_of_its_student_whatever_came_since(
    wizard: Wizard, since: str
) -> None:
    account = pupil()
    if since == "made":  # the account came after the import
        student = db.session.query(Student).one()
        student.user_id = None
        refresh()
    pk = taken(wizard)
    written(wizard, pk, mark(wizard, pk))
    if since == "changed":
        edited(account, organisation="Bakkerij")
    elif since == "address taken":
        make_user("school_examiner", email="oud@example.nl")
    else:
        db.session.query(Student).one().user_id = account
        for name, value in zip(("first_name", "infix", "last_name"), NEW[1:4], strict=True):
            setattr(kept(account), name, value)
    refresh()
    run(undo_student_import, wizard.actor, [pk])
    user = kept(account)
    assert {name: getattr(user, name) for name in NAMES} == NAMES
    told = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first().details
    assert told["changes"]["9"]["account"]["first_name"] == ["Noortje", "Noor"]


def test_the_count_of_a_large_file_is_kept(wizard: Wizard) -> None:
    pupil()
    summary = summary_of(wizard.actor, wizard.check(taken(wizard)))
    assert (summary.along, Summary.from_json(wizard.kind, summary.as_json()).along) == (1, 1)


@pytest.mark.everywhere
def test_many_cost_as_many_statements_as_few(app: Flask, wizard: Wizard) -> None:
    def cost(numbers: range) -> int:
        for n in numbers:
            user = make_user("student", **NAMES, email=f"oud{n}@example.nl")
            make_student(number=str(n), user_id=user.id, **NAMES, email=f"oud{n}@example.nl")
        rows = [(str(n), "Noortje", "", "Bos", f"nieuw{n}@example.nl") for n in numbers]
        pk = taken(wizard, *rows)
        version = wizard.own_run(pk).version
        with counted() as statements:
            run(import_students, wizard.actor, [pk], version=version)
        assert db.session.get_one(ImportRun, pk).stage == "done"
        return len(statements)

    assert cost(range(1000, 1003)) == cost(range(2000, 2040))
