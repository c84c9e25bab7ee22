"""What is coupled to is as it was said to be, also a group that just gets a rule, or a user just closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.base.action import REGISTRY
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.groups.rule import set_rule
from app.actions.users.users import deactivate_users
from app.entities.base import db
from app.entities.couplings import CouplingRun
from app.entities.students import StudentGroup, Supervision, group_member
from app.entities.users import User
from app.errors import ProeveError
from app.imports.kinds import GROUPS
from app.imports.write_groups import import_groups
from app.permissions import Actor, Role
from tests.factories import make_group, make_programme, make_student, make_user, refresh, supervise
from tests.support.at_once import while_half_done
from tests.support.importing import Wizard, lines

Press = Callable[[], Outcome]
GUIDE = Role.SCHOOL_SUPERVISOR.value
PERSON: dict[str, Any] = {"first_name": "Noor", "infix": "", "last_name": "Bos"}


def pressing(act: str, office: Actor, rows: list[int] | None = None, **data: Any) -> Press:
    return lambda: run(REGISTRY[act], office, rows, **data)


def undoing(act: str, office: Actor, rows: list[int], **data: Any) -> Press:
    """Press to undo this: it is done already."""
    run(REGISTRY[act], office, rows, **data)
    run_id = db.session.scalars(select(CouplingRun.id).order_by(CouplingRun.id.desc())).first()
    return pressing("undo_coupling", office, run_id=run_id)


def to_a_group(name: str, office: Actor, group: StudentGroup) -> Press:
    group_id = group.id
    match name:
        case "add_to_groups":
            return pressing(name, office, [make_student().id], groups=[group_id])
        case "add_members":
            return pressing(name, office, [group_id], students=[make_student().id])
        case "add_student":
            return pressing(name, office, number="9", **PERSON, group_id=group_id)
        case "undo_coupling":
            student = make_student()
            run(REGISTRY["add_to_groups"], office, [student.id], groups=[group_id])
            return undoing("remove_from_group", office, [student.id], groups=[group_id])
        case _:
            wizard = Wizard(office)
            header = ("Studentnummer", "Voornaam", "Achternaam", "Klas")
            pk = wizard.take(lines(("9", "Noor", "Bos", group.name), header=header))
            return pressing(name, office, [pk], version=wizard.own_run(pk).version)


FILLING = ["add_to_groups", "add_members", "add_student", "undo_coupling", "import_students"]


@pytest.mark.everywhere
@pytest.mark.parametrize("rule_first", [True, False])
@pytest.mark.parametrize("name", FILLING)
def test_nobody_is_put_by_hand_in_a_group_that_gets_a_rule(
    app: Flask, actor: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch, name: str, rule_first: bool
) -> None:
    group, office, programme = make_group(), actor("administrator"), make_programme()
    put = to_a_group(name, office, group)
    version = db.session.scalar(select(StudentGroup.version).where(StudentGroup.id == group.id))
    rule = pressing(set_rule.name, office, [group.id], version=version, programmes=[programme.id])

    answers = while_half_done(monkeypatch, *((rule, put) if rule_first else (put, rule)))

    ruled, filled = answers if rule_first else answers[::-1]
    assert isinstance(ruled, Outcome)
    assert ruled.done
    if rule_first:
        assert isinstance(filled, ProeveError) or not filled.done, filled
    refresh()
    assert db.session.scalar(select(func.count()).select_from(group_member)) == 0


def to_a_user(name: str, office: Actor, user: int) -> Press:
    if name == "import_students":
        login = db.session.get_one(User, user).username
        header = ("Studentnummer", "Voornaam", "Achternaam", "Praktijkbegeleider")
        pk = (wizard := Wizard(office)).take(lines(("9", "Noor", "Bos", login), header=header))
        return pressing(name, office, [pk], version=wizard.own_run(pk).version)
    if name == "import_groups":
        login = db.session.get_one(User, user).email
        wizard = Wizard(office, GROUPS, import_groups)
        pk = wizard.take(lines(("V3A", login), header=("Groep", "Mentor")))
        return pressing(name, office, [pk], version=wizard.own_run(pk).version)
    student = make_student(number="9", **PERSON)
    match name:
        case "couple_users":
            return pressing(name, office, [student.id], users=[f"{GUIDE}:{user}"])
        case "undo_coupling":
            supervise(student, db.session.get_one(User, user), GUIDE)
            return undoing("uncouple_users", office, [student.id], users=[f"{GUIDE}:{user}"])
        case "change_student":
            given = {"version": student.version, "number": "9", GUIDE: [user]}
            return pressing(name, office, [student.id], **PERSON, **given)
        case "add_group":
            return pressing(name, office, name="V3A", mentor=user)
        case _:
            group = make_group(name="V3A")
            return pressing(name, office, [group.id], version=1, name="V3A", mentor=user)


COUPLING = ["couple_users", "change_student", "undo_coupling", "add_group", "change_group"]
COUPLING += ["import_students", "import_groups"]


@pytest.mark.everywhere
@pytest.mark.parametrize("name", COUPLING)
def test_nobody_is_coupled_to_a_user_who_is_just_closed(
    app: Flask, actor: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    user, office = make_user(GUIDE), actor("administrator")
    couple = to_a_user(name, office, user.id)

    closed, coupled = while_half_done(monkeypatch, pressing(deactivate_users.name, office, [user.id]), couple)

    assert isinstance(closed, Outcome)
    assert closed.done == 1
    assert isinstance(coupled, ProeveError) or not coupled.done, coupled
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Supervision)) == 0
    mentors = select(func.count()).select_from(StudentGroup).where(StudentGroup.mentor_id.is_not(None))
    assert db.session.scalar(mentors) == 0
