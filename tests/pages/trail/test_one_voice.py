"""An entry of the trail reads the same wherever it shows: in the Logboek, and on the page of its row."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.base.action import REGISTRY
from app.actions.base.runner import run
from app.actions.base.trail import record
from app.actions.groups.groups import change_group
from app.actions.groups.members import add_members, add_to_groups, remove_from_group
from app.actions.students.activation import deactivate_students, reactivate_students
from app.actions.students.availability import exclude_exam, include_exam, release_progress
from app.actions.students.enrolment import couple_programme, uncouple_programme
from app.actions.students.students import change_student
from app.actions.students.supervision import couple_users, uncouple_users
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.students import Student
from app.entities.trail import AuditEntry, AuditObject
from app.permissions import SYSTEM, Actor, actor_of
from tests.factories import (
    make_exam,
    make_group,
    make_programme,
    make_registration,
    make_student,
    make_user,
    refresh,
)
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]
WHAT, WHEN, WHO, ABOUT, CHANGES = range(5)  # the cells of an entry, on every page
EVERY_SHAPE: dict[str, Any] = {
    "active": [True, False],
    "email": [None, "a@voorbeeld.nl"],
    "phone": ["06", None],
    "users": ["company_supervisor: Bakker, André"],
    "roles": [["student"], ["student", "administrator"]],
    "changes": {"0007": {"first_name": ["Fleur", "Flor"]}},
    "rows": 12,
    "B1-K1, Opdracht 1": ["09:00", "10:00"],
}


def entry_cells(page: str, entry: int) -> list[str]:
    """What a page says of this entry, cell by cell; nothing when it is not there."""
    for row in re.findall(r'<tr role="row">(.*?)</tr>', page, re.S):
        if re.search(rf'href="/logboek/{entry}["?]', row):
            cells = re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", row, re.S)
            return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]
    return []


def entries_of(kind: str, row_id: int) -> Sequence[AuditEntry]:
    refresh()
    about = select(AuditObject.entry_id).where(
        AuditObject.object_type == kind, AuditObject.object_id == row_id
    )
    return db.session.scalars(select(AuditEntry).where(AuditEntry.id.in_(about))).all()


def reads_the_same(admin: Visitor, kind: str, row_id: int, address: str) -> set[str]:
    """The actions of which an entry stands on this page and in the Logboek, in the same words."""
    own, whole = admin.get(address).text, admin.get("/logboek/").text
    seen = set()
    for entry in entries_of(kind, row_id):
        here, there = entry_cells(own, entry.id), entry_cells(whole, entry.id)
        others = entry.object_count > 1  # then the page says of how many; of one it is the page itself
        what, *rest = here
        assert rest == [there[n] for n in (WHEN, WHO, CHANGES)], entry.action
        assert what.startswith(there[WHAT])
        assert (what != there[WHAT]) == others
        assert what.removeprefix(there[WHAT]).strip() in there[ABOUT]
        seen.add(entry.action)
    return seen


def _much_done_to(student: Student, administrator: Actor) -> None:
    programme, group, guide = make_programme(), make_group(), make_user("school_supervisor")
    exam, other = make_exam(programme), make_student()
    ids, user = [student.id, other.id], f"school_supervisor:{guide.id}"
    target = f"p{programme.id}"
    fields = {"number": student.number, "last_name": "Dijk", "infix": "", "email": "flor@voorbeeld.nl"}
    one = [student.id]
    run(change_student, administrator, one, version=1, first_name="Flor", **fields)
    run(couple_programme, administrator, ids, target=target)
    run(exclude_exam, administrator, one, exams=[exam.id])
    run(include_exam, administrator, one, exams=[exam.id])
    run(release_progress, administrator, one, available="on")
    run(add_to_groups, administrator, ids, groups=[group.id])
    run(remove_from_group, administrator, one, groups=[group.id])
    run(uncouple_programme, administrator, one, target=target)
    run(deactivate_students, administrator, ids)
    run(reactivate_students, administrator, ids)
    run(couple_users, administrator, one, users=[user])
    run(uncouple_users, administrator, one, users=[user])


def test_what_is_done_to_a_student_reads_the_same_there(app: Flask, visit: Visit) -> None:
    student = make_student()
    _much_done_to(student, actor_of(make_user("administrator")))
    admin = visit("administrator")
    seen = reads_the_same(admin, "Student", student.id, f"/studenten/{student.id}")
    assert len(seen) >= 11
    page = admin.get(f"/studenten/{student.id}").text
    assert "Actief: ja → nee" in html.unescape(page)
    assert "uit → aan" not in html.unescape(page)


def test_what_is_done_to_a_group_reads_the_same_there(app: Flask, visit: Visit) -> None:
    group, administrator = make_group(name="VZ-IG 1A"), actor_of(make_user("administrator"))
    run(change_group, administrator, [group.id], version=1, name="VZ-IG 2A", colour="blue", cohort="2026")
    run(add_members, administrator, [group.id], students=[make_student().id])
    seen = reads_the_same(visit("administrator"), "StudentGroup", group.id, f"/studentgroepen/{group.id}")
    assert "change_group" in seen


@pytest.mark.parametrize("part", range(4))
def test_an_entry_of_any_action_reads_the_same_everywhere(app: Flask, visit: Visit, part: int) -> None:
    """Every registered action, with a change of every shape, about a row of each page that tells of it."""
    names = sorted(REGISTRY)[part::4]
    assert len(names) < 50  # as many as a page shows
    group, student = make_group(), make_student()
    registration = make_registration(student, make_exam(make_programme()))
    admin = visit("administrator")
    for kind, row_id, address in (
        ("Student", student.id, f"/studenten/{student.id}"),
        ("StudentGroup", group.id, f"/studentgroepen/{group.id}"),
        ("Registration", registration.id, f"/examens/aanmelding/{registration.id}"),
    ):
        keys = list(EVERY_SHAPE)
        with transaction():
            for n, name in enumerate(names):
                turned = keys[n % len(keys) :] + keys[: n % len(keys)]
                record(SYSTEM, name, kind, [row_id], {key: EVERY_SHAPE[key] for key in turned[: n % 5]})
        assert reads_the_same(admin, kind, row_id, address) == set(names)
