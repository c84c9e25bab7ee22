"""A supplier sees no students: not through an account of another either."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.actions.base.action import REGISTRY
from app.actions.base.runner import preview, run
from app.actions.users.users import add_user, deactivate_users, edit_user
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.factors import Authenticator
from app.entities.imports import ImportRun
from app.entities.mail import OutboxMail
from app.entities.users import LoginCode, User
from app.errors import NotFound, RuleBroken
from app.imports.undo_users import USED_SINCE, undo_user_import
from app.imports.users import USERS
from app.imports.write_users import import_users
from app.permissions import SEE_STUDENTS, SYSTEM, Actor, Permission, Role, actor_of
from app.queries.users.users import has_administrator, roles_of
from app.rules.accounts import ADMINISTRATOR_ONLY
from app.rules.second_factor import Shown
from tests.factories import (
    make_app,
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_sitting,
    make_student,
    make_user,
    refresh,
)
from tests.support import clock
from tests.support.importing import Wizard, lines

Acting = Callable[..., Actor]
STAFF = [role for role in SEE_STUDENTS if role is not Role.STUDENT]
OWN = "van-de-leverancier@example.nl"
PERSON = {"first_name": "Ada", "last_name": "Vos", "email": OWN, "username": "ada"}
# What each action on users asks beside the users themselves.
GIVEN: dict[str, Callable[[User], dict[str, Any]]] = {
    "edit_user": lambda user: {**PERSON, "version": user.version, "roles": []},
    "couple_to_programmes": lambda user: {"programmes": [make_programme().id]},
    "uncouple_from_programmes": lambda user: {"programmes": [make_programme().id]},
}


def on_users() -> list[str]:
    """Every action on accounts that a supplier may run."""
    rights = [one for one in Permission if Role.SUPPLIER in one.roles]
    return sorted(name for name, act in REGISTRY.items() if act.on is User and act.permission in rights)


def supplier() -> Actor:
    return actor_of(make_user("supplier"), Shown(clock.now(), clock.now(), clock.now()))


def ways_in(user_id: int) -> tuple[Any, ...]:
    """All that lets somebody into an account: names, password, second step, and whether it is open."""
    refresh()
    user = db.session.get_one(User, user_id)
    factors = db.session.scalar(select(func.count()).where(Authenticator.user_id == user_id))
    return user.active, user.email, user.username, user.password, factors, roles_of(user)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("name", on_users())
def test_no_action_on_users_gives_a_supplier_a_way_in(app: Flask, name: str, closed: bool) -> None:
    make_user("administrator")
    for role in STAFF:
        user = make_user(role.value, active=not closed)
        make_app(user)
        before, asked = ways_in(user.id), GIVEN.get(name, lambda _user: {})(user)
        codes = select(LoginCode.id).where(LoginCode.user_id == user.id)
        with suppress(RuleBroken):
            run(REGISTRY[name], supplier(), [user.id], **asked)
        after = ways_in(user.id)
        # Closing an account lets nobody in.
        assert after == before or (name == "deactivate_users" and after == (False, *before[1:])), role
        mailed = select(OutboxMail.to_address).where(OutboxMail.to_user_id == user.id)
        assert set(db.session.scalars(mailed)) <= {user.email}
        if name == "print_codes":
            assert db.session.scalars(codes).all() == [], "nobody reads a code that is not mailed"


@pytest.mark.parametrize("role", STAFF)
def test_a_supplier_gives_no_role_that_sees_students(app: Flask, role: Role) -> None:
    make_user("administrator")
    acting, nobody = supplier(), make_user()
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (add_user, {**PERSON, "roles": [role.value]}),
        (edit_user, {**PERSON, "roles": [role.value], "version": nobody.version}),
        (edit_user, {**PERSON, "roles": ["supplier", role.value], "version": nobody.version}),
    ]
    for act, data in attempts:
        with pytest.raises(RuleBroken, match="kunt u niet geven"):
            run(act, acting, *([[nobody.id]] if act.on else []), **data)
    own = db.session.get_one(User, acting.id)
    names = {"email": own.email, "username": own.username}
    data = {**PERSON, **names, "roles": ["supplier", role.value], "version": own.version}
    with pytest.raises(RuleBroken, match="kunt u niet geven"):
        run(edit_user, acting, [own.id], **data)
    wizard = Wizard(acting, USERS, import_users)
    header = ("E-mailadres", "Voornaam", "Achternaam", "Rollen", "Gebruikersnaam")
    known = make_user(role.value, email="er-al@example.nl")
    before = ways_in(known.id)
    rows = [
        (OWN, "Ada", "Vos", role.label, ""),
        ("er-al@example.nl", "Ada", "Vos", role.label, "nieuw"),
        ("er-al@example.nl", "Ada", "Vos", "Leverancier", ""),
    ]
    for row in rows:
        assert wizard.bring_in(lines(row, header=header)).done == 0
    assert ways_in(known.id) == before
    refresh()
    assert db.session.scalar(select(func.count()).where(User.email == OWN)) == 0


def test_the_command_that_makes_an_administrator_is_no_way_around(app: Flask) -> None:
    make_user("administrator")
    data = {**PERSON, "infix": "", "password": "een lange zin om te onthouden"}
    with pytest.raises(RuleBroken) as refused:
        run(REGISTRY["create_administrator"], supplier(), **data)
    assert refused.value.message == ADMINISTRATOR_ONLY
    assert run(REGISTRY["create_administrator"], SYSTEM, **data).done == 1


def test_a_supplier_lets_the_first_people_in_until_there_is_an_administrator(app: Flask) -> None:
    acting = supplier()
    run(add_user, acting, **{**PERSON, "roles": ["exam_committee"]})
    first = {**PERSON, "email": "a@example.nl", "username": "", "roles": ["administrator"]}
    made = run(add_user, acting, **first).ids[0]
    assert has_administrator()
    another = {**first, "email": "b@example.nl"}
    with pytest.raises(RuleBroken, match="kunt u niet geven"):
        run(add_user, acting, **another)
    closed = run(deactivate_users, acting, [made])
    assert closed.done == 0, "the last one stays, so the school never has none again"


def test_who_is_an_administrator_as_well_is_trusted_as_one(app: Flask) -> None:
    both = actor_of(make_user("supplier", "administrator"))
    assert run(add_user, both, **{**PERSON, "roles": ["administrator"]}).done == 1


def test_a_supplier_still_helps_with_what_lets_nobody_in(app: Flask) -> None:
    make_user("administrator")
    user, acting = make_user("school_examiner"), supplier()
    programme = make_programme()
    assert run(REGISTRY["couple_to_programmes"], acting, [user.id], programmes=[programme.id]).done == 1
    assert run(REGISTRY["send_login_codes"], acting, [user.id]).done == 1
    with pytest.raises(NotFound):
        run(REGISTRY["send_login_codes"], acting, [make_user("student").id])
    assert run(deactivate_users, acting, [user.id]).done == 1
    again = run(REGISTRY["reactivate_users"], acting, [user.id])
    assert (again.done, [one.reason for one in again.refused]) == (0, [ADMINISTRATOR_ONLY])


HEADER = ("E-mailadres", "Voornaam", "Achternaam", "Rollen", "Gebruikersnaam")


def on_imports() -> list[str]:
    """Every action on an import that a supplier has the right to."""
    rights = [one for one in Permission if Role.SUPPLIER in one.roles]
    return sorted(name for name, act in REGISTRY.items() if act.on is ImportRun and act.permission in rights)


def given_to_a_known_user(actor: Actor, user: User) -> int:
    """Import a user name and a role for this user; gives the id of the run."""
    row = (user.email, "Ada", "Vos", "Examencommissie", "ada-vos")
    wizard = Wizard(actor, USERS, import_users)
    pk = wizard.take(lines(row, header=HEADER), "gebruikers.csv")
    assert wizard.write(pk).done == 1
    return pk


@pytest.mark.parametrize("name", on_imports())
def test_an_import_of_another_is_out_of_reach_for_a_supplier(app: Flask, name: str) -> None:
    user = make_user("school_examiner")
    pk = given_to_a_known_user(actor_of(make_user("administrator")), user)
    before = ways_in(user.id)
    with pytest.raises(NotFound):
        run(REGISTRY[name], supplier(), [pk], **({"version": 1} if "undo" not in name else {}))
    assert ways_in(user.id) == before


def test_what_a_supplier_imported_before_there_was_an_administrator_is_no_way_in_later(app: Flask) -> None:
    acting, user = supplier(), make_user("school_examiner")
    pk = given_to_a_known_user(acting, user)
    make_user("administrator")
    before = ways_in(user.id)
    undone = run(undo_user_import, acting, [pk])
    assert ways_in(user.id) == before
    assert [one.reason for one in undone.refused] == [ADMINISTRATOR_ONLY]


HAPPENED: dict[str, Callable[[User], Any]] = {
    "a student": lambda user: make_student(supervisors=((user, "school_supervisor"),)),
    "a moment": lambda user: make_sitting(
        make_registration(make_student(), make_exam(make_programme())), school_examiner=user
    ),
    "a mentor": lambda user: make_group(mentor_id=user.id),
    "signed in": lambda user: saved_with(user, last_login=clock.now().replace(tzinfo=None)),
    "changed": lambda user: saved_with(user, version=2),
    "closed": lambda user: saved_with(user, active=False),
}


def saved_with(user: User, **values: Any) -> None:
    with transaction():
        db.session.execute(update(User).where(User.id == user.id).values(**values))


@pytest.mark.parametrize("happened", HAPPENED)
def test_the_undo_of_an_import_tells_a_supplier_of_no_students(app: Flask, happened: str) -> None:
    """All that keeps a new account where it is has the same words."""
    acting = supplier()
    header = ("E-mailadres", "Voornaam", "Achternaam", "Rollen")
    row = (OWN, "Ada", "Vos", "Praktijkbegeleider; Examinator school")
    made = Wizard(acting, USERS, import_users).bring_in(lines(row, header=header))
    HAPPENED[happened](db.session.scalars(select(User).where(User.email == OWN)).one())
    make_user("administrator")
    told = preview(undo_user_import, acting, [made.goto])
    assert [one.reason for one in told.refused] == [USED_SINCE]
