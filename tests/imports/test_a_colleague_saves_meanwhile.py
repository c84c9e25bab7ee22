"""An import waits for a colleague who is just saving one of its rows, and writes nothing of theirs over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.access.profile import save_profile
from app.actions.base.action import Action
from app.actions.base.outcome import Outcome
from app.actions.base.runner import run
from app.actions.groups.groups import change_group
from app.actions.planning.planning import plan_exam
from app.actions.students.students import change_student
from app.actions.users.users import deactivate_users, edit_user
from app.entities.base import db
from app.entities.students import Enrolment, Student
from app.entities.users import User
from app.errors import ChangedMeanwhile
from app.imports.kind import Kind
from app.imports.kinds import GROUPS, STUDENTS, USERS
from app.imports.summary import Summary
from app.imports.undo_students import undo_student_import
from app.imports.write_groups import import_groups
from app.imports.write_students import import_students
from app.imports.write_users import import_users
from app.permissions import SYSTEM, Actor, actor_of
from app.queries.planning.wish import Slot, Wish
from tests.factories import make_exam, make_group, make_programme, make_student, make_user, refresh
from tests.support import clock
from tests.support.at_once import while_half_done
from tests.support.importing import Wizard, lines

IMPORTING = {"students": import_students, "users": import_users, "groups": import_groups}
EXAMINERS = ("school_examiner", "company_examiner")
PERSON: dict[str, Any] = {"first_name": "Noor", "infix": "", "last_name": "Bos"}


@dataclass(frozen=True)
class Scene:
    """A row that a file changes, and what a colleague does to it at that moment."""

    kind: Kind
    file: bytes
    row: Any
    save: Callable[[], Outcome]
    kept: dict[str, Any]  # what the colleague saved, and must still stand there


def _scene(kind: Kind, file: bytes, row: Any, act: Action, kept: dict[str, Any], **data: Any) -> Scene:
    row_id = row.id
    return Scene(kind, file, row, lambda: run(act, SYSTEM, [row_id], **data), kept)


def _student() -> tuple[bytes, Student]:
    student = make_student(number="9", **PERSON, user_id=make_user("student", **PERSON).id)
    return lines(("9", "Noortje", "", "Bos")), student


def _address_of_a_student() -> Scene:
    file, student = _student()
    data = {**PERSON, "version": 1, "number": "9", "email": "ander@example.nl"}
    given = {"gender": student.gender.value, "birth_date": f"{student.birth_date:%d-%m-%Y}"}
    kept = {"email": "ander@example.nl"}
    return _scene(STUDENTS, file, student, change_student, kept, **data, **given)


def _account_of_a_student() -> Scene:
    """The student themselves, at Mijn profiel."""
    file, student = _student()
    account = db.session.get_one(User, student.user_id)
    own, given = actor_of(account), {**PERSON, "language": "en", "phone": "06-9"}
    return Scene(
        STUDENTS,
        file,
        account,
        lambda: run(save_profile, own, version=1, **given),
        {"phone": "06-9", "language": "en"},
    )


def _user() -> tuple[bytes, User]:
    user = make_user("school_examiner", **PERSON, email="noor@example.nl", username="noor")
    header = ("E-mail", "Voornaam", "Achternaam", "Rol", "Organisatie")
    row = ("noor@example.nl", "Noortje", "Bos", "Examinator school", "Zorgplein")
    return lines(row, header=header), user


def _phone_of_a_user() -> Scene:
    file, user = _user()
    given = {"email": user.email, "username": "noor", "roles": ["school_examiner"], "phone": "06-9"}
    kept = {"phone": "06-9"}
    return _scene(USERS, file, user, edit_user, kept, version=1, **PERSON, **given)


def _user_who_is_closed() -> Scene:
    file, user = _user()
    kept = {"active": False, "organisation": ""}
    return _scene(USERS, file, user, deactivate_users, kept)


def _place_of_a_group() -> Scene:
    group = make_group(name="V3A", location="Daar")
    file = lines(("V3A", "2024"), header=("Groep", "Cohort"))
    data = {"version": 1, "name": "V3A", "cohort": "2025", "location": "Hier"}
    kept = {"location": "Hier"}
    return _scene(GROUPS, file, group, change_group, kept, **data)


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "scene",
    [_address_of_a_student, _account_of_a_student, _phone_of_a_user, _user_who_is_closed, _place_of_a_group],
)
def test_an_import_keeps_what_a_colleague_is_just_saving(
    app: Flask, actor: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch, scene: Callable[[], Scene]
) -> None:
    one, office = scene(), actor("administrator")
    model, row_id = type(one.row), one.row.id
    importing = IMPORTING[one.kind.key]
    wizard = Wizard(office, one.kind, importing)
    pk = wizard.take(one.file)
    version, seen = wizard.own_run(pk).version, _mark(wizard, pk)

    saved, imported = while_half_done(
        monkeypatch,
        one.save,
        lambda: run(importing, office, [pk], version=version, seen=seen),
    )

    assert isinstance(saved, Outcome)
    assert isinstance(imported, Outcome | ChangedMeanwhile), imported
    refresh()
    row = db.session.get_one(model, row_id)
    assert {key: getattr(row, key) for key in one.kept} == one.kept
    assert row.version == 1 + saved.done + isinstance(imported, Outcome), "each who wrote raised it"


def _mark(wizard: Wizard, pk: int) -> str:
    """The mark of what the page of step 4 shows."""
    summary = Summary(wizard.kind)
    summary.add(wizard.check(pk))
    summary.complete(wizard.actor)
    mark: str = summary.mark
    return mark


@pytest.mark.everywhere
def test_undoing_an_import_leaves_the_programme_of_who_is_just_planned_in(
    app: Flask, actor: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import only coupled the student; what it wrote of them is nothing else."""
    student, programme = make_student(number="9", **PERSON), make_programme(crebo="25656")
    student_id, exam_id, wizard = student.id, make_exam(programme).id, Wizard(actor("administrator"))
    examiners = {f"{role}_id": make_user(role, programmes=[programme]).id for role in EXAMINERS}
    pk = wizard.take(lines(("9", "25656"), header=("Studentnummer", "Crebo")))
    assert wizard.write(pk).done == 1
    slot = Slot(**examiners, day=clock.monday(), start=time(9), minutes=60, location="Lokaal 2.04")

    planned, undone = while_half_done(
        monkeypatch,
        lambda: run(plan_exam, SYSTEM, [student_id], exam_id=exam_id, wish=Wish(together=slot)),
        lambda: run(undo_student_import, wizard.actor, [pk]),
    )

    assert isinstance(planned, Outcome), planned
    assert planned.done == 1
    assert not undone.done
    assert "is aangemeld voor een examen" in undone.refused[0].reason
    refresh()
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == 1
