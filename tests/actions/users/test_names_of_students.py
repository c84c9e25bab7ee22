"""One person has one name: the account of a student has that of the student, and nothing else decides it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.actions.access.profile import save_profile
from app.actions.base.runner import run
from app.actions.students.students import change_student
from app.actions.users.users import edit_user
from app.entities.base import db
from app.entities.students import Student
from app.entities.users import User
from app.errors import RuleBroken
from app.permissions import SYSTEM, actor_of
from app.queries.users.users import roles_of
from tests.factories import make_student, make_user, refresh
from tests.support.visitor import Visitor

NAMES = {"first_name": "Noor", "infix": "el", "last_name": "Amrani"}
EDIT, PROFILE = "/gebruikers/do/edit_user", "/mijn-profiel/do/save_profile"
OFFICE, OWN = "wijzigt u bij Studenten", "Uw naam staat bij uw studentgegevens"


@pytest.fixture(
    params=[("student",), ("student", "school_examiner")], ids=["a student", "who also works here"]
)
def account(app: Flask, request: pytest.FixtureRequest) -> User:
    user = make_user(*request.param, **NAMES)
    make_student(number="9", user_id=user.id, email=user.email, **NAMES)
    return db.session.get_one(User, user.id)


def name_of(account: int) -> str:
    refresh()
    return db.session.get_one(User, account).full_name


def edited(user: User, **changes: Any) -> dict[str, Any]:
    names = ("first_name", "infix", "last_name", "email", "username", "organisation", "phone", "version")
    kept = {name: getattr(user, name) for name in names}
    return kept | {"roles": [role.value for role in roles_of(user) if role != "student"]} | changes


@pytest.mark.everywhere
@pytest.mark.parametrize("name", NAMES)
def test_the_office_changes_it_at_the_student_alone(account: User, name: str) -> None:
    data = edited(account, roles=["school_examiner"])
    with pytest.raises(RuleBroken) as refused:
        run(edit_user, SYSTEM, [account.id], **data | {name: "Anders"})
    assert (refused.value.field, OFFICE in refused.value.message) == (name, True)
    assert run(edit_user, SYSTEM, [account.id], **data | {"phone": "0612345678"}).done == 1
    assert name_of(account.id) == "Noor el Amrani"


@pytest.mark.parametrize("name", NAMES)
def test_nor_do_students_themselves(account: User, name: str) -> None:
    own, data = actor_of(account), {**NAMES, "version": 1, "language": "en", "phone": "0612345678"}
    with pytest.raises(RuleBroken, match=OWN) as refused:
        run(save_profile, own, **data | {name: "Anders"})
    assert refused.value.field == name
    assert run(save_profile, own, **data).done == 1
    assert name_of(account.id) == "Noor el Amrani"


@pytest.mark.parametrize("path", [EDIT, PROFILE])
def test_the_form_shows_the_name_and_says_where_it_is_changed(
    account: User, visit: Callable[..., Visitor], visitor_of: Callable[[User], Visitor], path: str
) -> None:
    office = path == EDIT
    visitor = visit("administrator") if office else visitor_of(account)
    page = f"{path}?id={account.id}" if office else path
    student = account_student(account)
    shown = visitor.get(page).text
    told = OFFICE if office else OWN
    assert shown.count("readonly") == len(NAMES)
    assert told in shown
    assert (f'href="/studenten/{student}"' in shown) is office
    # Whoever sends another name all the same is refused at the field, which shows the student's again.
    sent = edited(account, language="en", roles=["school_examiner"], last_name="Anders")
    answer = visitor.do(page, sent)
    assert (answer.status_code, "Anders" in answer.text, 'value="Amrani"' in answer.text) == (
        422,
        False,
        True,
    )
    assert answer.text.count(told) > shown.count(told)
    assert visitor.do(page, sent | {"last_name": "Amrani", "phone": "0612345678"}).status_code == 302
    assert name_of(account.id) == "Noor el Amrani"


def account_student(account: User) -> int:
    student = db.session.query(Student).filter_by(user_id=account.id).one()
    return int(student.id)


@pytest.mark.parametrize("path", [EDIT, PROFILE])
def test_a_tab_of_before_the_student_was_renamed_leads_out(
    account: User, visit: Callable[..., Visitor], visitor_of: Callable[[User], Visitor], path: str
) -> None:
    """It still holds the old name: it is told what changed, and saves with the new one."""
    office = path == EDIT
    visitor = visit("administrator") if office else visitor_of(account)
    page = f"{path}?id={account.id}" if office else path
    sent = edited(account, language="en", roles=["school_examiner"], phone="0612345678")
    rename(account, "Bos")
    answer = visitor.do(page, sent)
    assert (answer.status_code, 'value="Bos"' in answer.text) == (422, True)
    assert OFFICE in answer.text or OWN in answer.text  # as ever, at the field
    assert visitor.do(page, sent | {"last_name": "Bos", "version": 2}).status_code == 302
    refresh()
    kept = db.session.get_one(User, account.id)
    assert (kept.full_name, kept.phone) == ("Noor el Bos", "0612345678")


def rename(account: User, last_name: str) -> dict[str, Any]:
    student = db.session.query(Student).filter_by(user_id=account.id).one()
    given = {"gender": student.gender.value, "birth_date": f"{student.birth_date:%d-%m-%Y}"}
    data = {**NAMES, "last_name": last_name, "number": student.number, "email": student.email, "version": 1}
    outcome = run(change_student, SYSTEM, [student.id], **data, **given)
    refresh()
    return outcome.details


def test_the_account_follows_the_student_and_the_trail_says_each_column(account: User) -> None:
    details = rename(account, "L" * 70)
    assert details["account"] == {"last_name": ["Amrani", "L" * 64]}
    assert name_of(account.id) == f"Noor el {'L' * 64}"


def test_somebody_else_has_the_name_that_they_are_given(app: Flask, visit: Callable[..., Visitor]) -> None:
    user = make_user("school_examiner", **NAMES)
    visitor = visit("administrator")
    page = f"{EDIT}?id={user.id}"
    assert "readonly" not in visitor.get(page).text
    assert visitor.do(page, edited(db.session.get_one(User, user.id), last_name="Bos")).status_code == 302
    assert name_of(user.id) == "Noor el Bos"


def test_a_supplier_who_sees_no_students_gets_no_link(account: User, visit: Callable[..., Visitor]) -> None:
    make_user("administrator")
    answer = visit("supplier").get(f"{EDIT}?id={account.id}")
    assert "/studenten/" not in answer.text
