"""Only a supplier changes the account of a supplier, and a supplier has no business with students.

What lets somebody into an account that sees students: test_suppliers_ways_in.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from app.actions.access.sessions import end_sessions_of_users
from app.actions.base.action import REGISTRY, Action
from app.actions.base.runner import Selection, preview, run
from app.actions.users.couplings import couple_to_programmes, uncouple_from_programmes
from app.actions.users.users import (
    deactivate_users,
    edit_user,
)
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.sessions import UserSession
from app.entities.trail import AuditEntry
from app.entities.users import User, user_programme
from app.errors import NotFound, ProeveError, RuleBroken
from app.permissions import SYSTEM, Actor, Permission, actor_of, visible
from app.rules.accounts import SUPPLIER_ONLY
from app.rules.second_factor import Shown
from tests.factories import (
    make_app,
    make_exam,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.support import clock
from tests.support.queries import counted
from tests.support.visitor import Visitor, signed_in

APP = Path(__file__).parents[3] / "app"
Acting = Callable[..., Actor]
# What each action on users asks beside the users themselves.
GIVEN: dict[str, dict[str, Any]] = {
    "edit_user": {"first_name": "X", "last_name": "Y", "email": "xy@example.nl", "roles": ["exam_committee"]},
}
NO_CHANGE = {"send_user_sample"}  # a sample of a text, mailed to the administrator


def on_users() -> list[str]:
    """Every action that changes accounts of users."""
    return sorted(
        name for name, act in REGISTRY.items() if act.on is User and act.permission is Permission.USERS_EDIT
    )


def kept(user_id: int) -> tuple[Any, ...]:
    """What an administrator could have changed about this account."""
    refresh()
    user = db.session.get_one(User, user_id)
    live = select(func.count()).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    coupled = select(user_programme.c.programme_id).where(user_programme.c.user_id == user_id)
    about = select(func.count()).select_from(AuditEntry)
    return (
        user.version,
        user.active,
        user.email,
        db.session.scalar(live),
        db.session.scalars(coupled).all(),
        db.session.scalar(about),
    )


@pytest.mark.parametrize("name", [name for name in on_users() if name not in NO_CHANGE])
def test_an_administrator_changes_nothing_of_a_supplier(app: Flask, name: str) -> None:
    supplier, programme = make_user("supplier"), make_programme()
    with transaction():
        row = {"user_id": supplier.id, "programme_id": programme.id}
        db.session.execute(insert(user_programme), [row])
    make_app(supplier)
    signed_in(supplier)
    shown = Shown(clock.now(), clock.now(), clock.now())
    admin = actor_of(make_user("administrator"), shown)
    data = dict(GIVEN.get(name, {}))
    if name in {"couple_to_programmes", "uncouple_from_programmes"}:
        data = {"programmes": [make_programme().id, programme.id]}
    if name == "edit_user":
        data |= {"version": supplier.version}
    if name == "reactivate_users":
        with_closed(supplier)
    before = kept(supplier.id)
    assert told(REGISTRY[name], admin, supplier, data) == [SUPPLIER_ONLY]
    assert kept(supplier.id) == before


def told(act: Action, actor: Actor, user: User, data: dict[str, Any]) -> list[str]:
    """Why this action leaves the user alone."""
    with suppress(RuleBroken):
        outcome = run(act, actor, [user.id], **data)
        assert outcome.done == 0
        return [one.reason for one in outcome.refused]
    with pytest.raises(RuleBroken) as refused:
        run(act, actor, [user.id], **data)
    return [refused.value.message]


def with_closed(user: User) -> None:
    run(deactivate_users, SYSTEM, [user.id])
    refresh()


def test_in_a_bulk_the_others_are_done_and_the_supplier_is_named(app: Flask, actor: Acting) -> None:
    supplier, other, programme = make_user("supplier"), make_user("school_examiner"), make_programme()
    signed_in(supplier)
    signed_in(other)
    admin, ids = actor("administrator"), [supplier.id, other.id]
    name = supplier.full_name
    for act, data in (
        (couple_to_programmes, {"programmes": [programme.id]}),
        (uncouple_from_programmes, {"programmes": [programme.id]}),
        (end_sessions_of_users, {}),
    ):
        outcome = run(act, admin, ids, **data)
        assert (outcome.done, outcome.unchanged, [one.label for one in outcome.refused]) == (1, 0, [name])
    assert run(end_sessions_of_users, actor("supplier"), ids).done == 1


def test_when_nothing_is_done_the_answer_says_nothing_of_who_was_refused(app: Flask, actor: Acting) -> None:
    """A supplier who is signed in was not "signed in nowhere", and is not "like that already"."""
    supplier, other, programme = make_user("supplier"), make_user("school_examiner"), make_programme()
    signed_in(supplier)
    admin = actor("administrator")
    for act, data in (
        (couple_to_programmes, {"programmes": [programme.id]}),
        (uncouple_from_programmes, {"programmes": [programme.id]}),
        (end_sessions_of_users, {}),
    ):
        alone = run(act, admin, [supplier.id], **data)
        assert (alone.done, alone.unchanged, len(alone.refused)) == (0, 0, 1)
        assert alone.summary == "Er is niets gewijzigd: dit kon of mocht niet."
        assert preview(act, admin, [supplier.id], **data).summary == alone.summary
    both = run(end_sessions_of_users, admin, [supplier.id, other.id])
    assert (both.done, both.unchanged, len(both.refused)) == (0, 1, 1)
    assert both.summary == "Er is niets gewijzigd: het was al zo, of het kon of mocht niet."
    assert run(end_sessions_of_users, admin, [other.id]).summary == "Deze gebruikers waren nergens aangemeld."


def test_asking_it_of_many_costs_as_many_statements_as_of_few(app: Flask, actor: Acting) -> None:
    admin = actor("administrator")

    def cost(users: int) -> int:
        ids = [make_user("school_examiner").id for _ in range(users)] + [make_user("supplier").id]
        with counted() as statements:
            run(end_sessions_of_users, admin, Selection(ids=ids))
        return len(statements)

    assert cost(2) == cost(30)


def test_one_place_asks_whether_somebody_may_change_a_supplier() -> None:
    asks = re.compile(r"Role\.SUPPLIER (not )?in actor\.roles")
    places = {
        str(path.relative_to(APP)): len(asks.findall(path.read_text()))
        for path in APP.rglob("*.py")
        if asks.search(path.read_text()) and "pages/school/start.py" not in str(path)
    }
    assert places == {"queries/users/users.py": 1}


class TestStudentsAmongTheUsers:
    def people(self) -> dict[str, User]:
        pupil = make_user("student", last_name="Leerling", username="st4711")
        make_student(number="ST4711", user_id=pupil.id)
        no_role = make_user(last_name="Zonderrol")
        lost_role = make_user(last_name="Rolkwijt")
        make_student(number="ST4712", user_id=lost_role.id)
        both = make_user("student", "school_examiner", last_name="Beide")
        return {"pupil": pupil, "no role": no_role, "lost role": lost_role, "both": both}

    def test_a_supplier_sees_who_runs_the_schools_side_and_no_student(self, app: Flask) -> None:
        people = self.people()
        supplier = make_user("supplier")
        seen = set(db.session.scalars(visible(actor_of(supplier), User)))
        assert {name for name, user in people.items() if user in seen} == {"no role", "both"}
        everybody = set(db.session.scalars(visible(actor_of(make_user("administrator")), User)))
        assert set(people.values()) <= everybody

    def test_list_page_search_and_filters_of_a_supplier_name_no_student(self, app: Flask) -> None:
        pupil = self.people()["pupil"]
        page = Visitor(app, make_user("supplier"))
        for path in (
            "/gebruikers/",
            "/gebruikers/?q=st4711",
            "/gebruikers/?rol=student",
            "/gebruikers/?staat=nooit",
        ):
            text = page.get(path).text
            for word in ("Leerling", "Rolkwijt", "ST4712", "st4712"):
                assert word not in text, (path, word)
        assert "0 gevonden" in page.get("/gebruikers/?q=st4711").text
        assert page.get(f"/gebruikers/{pupil.id}").status_code == 404
        assert "Studenten</" not in page.get("/gebruikers/").text
        assert "Zonderrol" in page.get("/gebruikers/").text
        office = Visitor(app, make_user("administrator")).get("/gebruikers/").text
        assert "Leerling" in office
        assert "Studenten" in office

    def test_a_supplier_changes_no_student(self, app: Flask) -> None:
        people = self.people()
        shown = Shown(clock.now(), clock.now(), clock.now())
        supplier = actor_of(make_user("supplier"), shown)
        for name in on_users():
            for user in (people["pupil"], people["lost role"]):
                with pytest.raises((NotFound, ProeveError)) as refused:
                    run(REGISTRY[name], supplier, [user.id], **GIVEN.get(name, {}))
                assert refused.type is NotFound, name


def with_students() -> User:
    """An examiner with a student, and an examenmoment to come."""
    user = make_user("school_examiner", last_name="Vries")
    student = make_student(supervisors=((user, "school_examiner"),))
    make_sitting(make_registration(student, make_exam(tasks=1)), school_examiner=user)
    return user


@pytest.mark.parametrize("name", on_users())
def test_no_action_tells_a_supplier_how_many_students_somebody_has(app: Flask, name: str) -> None:
    user, programme = with_students(), make_programme()
    make_user("administrator")
    acting = actor_of(make_user("supplier"), Shown(clock.now(), clock.now(), clock.now()))
    asked = {"programmes": [programme.id]} if "programmes" in name else GIVEN.get(name, {})
    with suppress(RuleBroken, TypeError):
        told = preview(REGISTRY[name], acting, [user.id], **asked)
        said = " ".join([told.summary, *told.names, *(one.reason for one in told.refused)])
        assert not re.search(r"\d (komend|student|koppeling|examenmoment)", said), said
        assert told.rests_on == [] or name != "deactivate_users"


def test_a_list_is_not_ordered_by_what_its_reader_may_not_see(app: Flask) -> None:
    with_students()
    path = "/gebruikers/?order=students&down=1"
    assert Visitor(app, make_user("supplier")).get(path).status_code == 400
    assert Visitor(app, make_user("administrator")).get(path).status_code == 200


def test_a_supplier_edits_a_supplier(app: Flask, actor: Acting) -> None:
    user = make_user("supplier")
    data = {"first_name": "Esther", "last_name": "Smit", "email": user.email, "roles": ["supplier"]}
    assert run(edit_user, actor("supplier"), [user.id], version=user.version, **data).done == 1
