"""A ticked row that went meanwhile: the page says so, and goes on with the others and with what was typed."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from app.actions.base.runner import run
from app.actions.groups.groups import remove_group
from app.entities.base import db
from app.entities.engine import transaction
from app.entities.planning import Registration
from app.entities.students import StudentGroup
from app.permissions import SYSTEM
from tests.factories import make_exam, make_group, make_registration, make_student, refresh
from tests.support.forms import as_shown
from tests.support.visitor import Visitor, announced

WHY = "De stage is gestopt."


def groups() -> list[str]:
    refresh()
    return list(db.session.scalars(select(StudentGroup.name).order_by(StudentGroup.name)))


def test_a_confirmation_goes_on_with_the_rows_that_are_left(visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    ids = {name: make_group(name=name).id for name in ("VZ1A", "VZ1B", "VZ1C")}
    path = "/studentgroepen/do/remove_group?" + "&".join(f"id={id_}" for id_ in ids.values())
    shown = page.post(path)
    run(remove_group, SYSTEM, [ids["VZ1B"]])
    answer = page.post(path, {"confirmed": "1", **announced(shown)})
    assert answer.status_code == 404
    assert "1 van de aangevinkte regels is er niet meer" in answer.text
    assert f"id={ids['VZ1A']}&amp;id={ids['VZ1C']}" in answer.text
    assert groups() == ["VZ1A", "VZ1C"]
    left = path.replace(f"&id={ids['VZ1B']}", "")
    assert page.post(left, {"confirmed": "1", **as_shown(answer.text)}).status_code == 302
    assert groups() == []


def test_what_was_typed_stays_with_the_rows_that_are_left(app: Flask, visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    exam = make_exam()
    first, second = (make_registration(make_student(), exam) for _n in range(2))
    kept, gone = first.id, second.id
    path = f"/examens/do/stop_exams?id={kept}&id={gone}"
    assert page.post(path, {"reason": WHY}).status_code == 200
    with transaction():
        db.session.delete(db.session.get_one(Registration, gone))
    answer = page.post(path, {"reason": WHY})
    assert (answer.status_code, WHY in answer.text) == (404, True)
    assert "Er is nog niets gedaan" in answer.text
    page.do(path.replace(f"&id={gone}", ""), {"reason": WHY})
    refresh()
    assert db.session.get_one(Registration, kept).stop_reason == WHY


def test_where_no_row_is_left_nothing_is_shown(visit: Callable[..., Visitor]) -> None:
    page = visit("administrator")
    answer = page.get("/studentgroepen/do/remove_group?id=901&id=902")
    assert answer.status_code == 404
    assert "aangevinkte" not in answer.text
