"""The page of an entry: all that it is about, however many, for whoever may see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from app.actions.base.runner import run
from app.actions.base.trail import broken_at, record
from app.actions.planning.invitations import withdraw_invitation
from app.actions.students.availability import release_progress
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.trail import AuditEntry
from app.permissions import SYSTEM
from tests.factories import make_student, refresh
from tests.support.database import open_trail
from tests.support.guests import make_invited
from tests.support.queries import counted
from tests.support.visitor import Visitor

Visit = Callable[..., Visitor]


def newest() -> int:
    refresh()
    return db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).first() or 0


def named_on(page: str) -> set[str]:
    return set(re.findall(r'href="/studenten/(\d+)"', page))


def test_an_entry_about_many_shows_every_student_page_by_page(app: Flask, visit: Visit) -> None:
    students = [make_student().id for _ in range(63)]
    run(release_progress, SYSTEM, students, available="on")
    admin, address = visit("administrator"), f"/logboek/{newest()}"
    first = admin.get(address).text
    assert "1–50 van 63" in first
    second = admin.get(f"{address}?studenten=2").text
    assert named_on(first) | named_on(second) == {str(one) for one in students}
    assert not named_on(first) & named_on(second)
    assert "1–50 van 63" in visit("exam_committee").get(address).text


def test_the_page_costs_the_same_for_many(app: Flask, visit: Visit) -> None:
    admin = visit("administrator")
    costs = []
    for count in (10, 60):
        run(release_progress, SYSTEM, [make_student().id for _ in range(count)], available="on")
        address = f"/logboek/{newest()}"
        admin.get(address)
        with counted() as seen:
            admin.get(address)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_the_list_does_not_load_the_many_that_an_entry_is_also_about(app: Flask, visit: Visit) -> None:
    students = [make_student(last_name="Ookdaarbij").id for _ in range(30)]
    with transaction():
        record(SYSTEM, "set_rule", "StudentGroup", [1], {}, also={"Student": students})
    assert "Ookdaarbij" not in visit("administrator").get("/logboek/").text


def test_an_invitation_stands_in_the_history_of_its_registration(app: Flask, visit: Visit) -> None:
    invited = make_invited()
    run(withdraw_invitation, SYSTEM, [invited.sitting])
    page = visit("administrator").get(f"/examens/aanmelding/{invited.registration}").text
    assert "Bedrijfsexaminator uitnodigen" in page
    assert "Uitnodiging intrekken" in page


@pytest.mark.schema
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_object SET object_type = 'Exam' WHERE object_type = 'Student'",
        "UPDATE audit_object SET object_id = 999 WHERE object_id = 2",
        "DELETE FROM audit_object WHERE object_type = 'Student'",
        "INSERT INTO audit_object (entry_id, object_type, object_id) VALUES (:entry, 'User', 12)",
    ],
)
def test_what_an_entry_is_also_about_is_in_its_hash(app: Flask, change: str) -> None:
    with transaction():
        entry = record(SYSTEM, "set_rule", "StudentGroup", [1], {}, also={"Student": [1, 2]}).id
    assert broken_at() is None
    open_trail()
    with db.engine.begin() as connection:
        connection.execute(text(change), {"entry": entry} if ":entry" in change else {})
    refresh()
    assert broken_at() == entry
