"""A form that is sent twice is done once; the same page sent with something else in it is another form."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.entities.assessment import ScoreSheet
from app.entities.base import db
from app.entities.imports import ImportRun
from app.entities.students import Student
from app.entities.users import User
from app.permissions import Role
from tests.factories import make_student, make_user, refresh
from tests.factories.assessment import plan_exam
from tests.support.forms import as_shown
from tests.support.visitor import Visitor

PAGES = Path(__file__).parents[3] / "app" / "pages"
VisitorOf = Callable[[User], Visitor]


def count(model: Any) -> int:
    refresh()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def names() -> list[str]:
    refresh()
    return list(db.session.scalars(select(Student.first_name).order_by(Student.id)))


def test_scores_that_change_between_two_presses_of_one_page_are_not_called_saved(
    app: Flask, visitor_of: VisitorOf
) -> None:
    """The first answer was slow: the examiner changes a level and presses again."""
    exam = plan_exam()
    page = visitor_of(db.session.get_one(User, exam.school.id))
    path = f"/te-beoordelen/{exam.sittings[0]}"
    shown = {**as_shown(page.get(path).text)}
    first = {f"level-{key}": str(value) for key, value in exam.levels("O").items()}
    assert page.post(path, {**shown, **first}).status_code == 302
    assert page.post(path, {**shown, **first}).status_code == 302  # the same once more: done already
    criterion, level = next(iter(exam.levels("G").items()))
    again = page.post(path, {**shown, **first, f"level-{criterion}": str(level)})
    assert again.status_code == 409
    assert "Kies wat bewaard blijft" in again.text
    refresh()
    sheet = db.session.scalars(select(ScoreSheet)).one()
    assert {one.criterion_id: one.level_id for one in sheet.scores} == exam.levels("O")
    # Chosen on that page, what was typed last is what is kept.
    mine = {**as_shown(again.text), f"level-{criterion}": str(level)}
    assert page.post(path, mine).status_code == 302
    refresh()
    kept = {one.criterion_id: one.level_id for one in db.session.scalars(select(ScoreSheet)).one().scores}
    assert kept == {**exam.levels("O"), criterion: level}


def test_a_form_that_says_something_else_the_second_time_is_another_form(
    visit: Callable[..., Visitor],
) -> None:
    student, page = make_student(first_name="Fleur"), visit("administrator")
    path = f"/studenten/do/change_student?id={student.id}"
    shown = as_shown(page.get(path).text)
    assert page.post(path, {**shown, "first_name": "Floor"}).status_code == 302
    assert page.post(path, {**shown, "first_name": "Floor"}).status_code == 302
    again = page.post(path, {**shown, "first_name": "Flora"})
    assert again.status_code == 422
    assert "U hebt dit zelf in een ander tabblad gewijzigd" in again.text
    assert 'value="Flora"' in again.text
    assert names() == ["Floor"]


def test_two_students_entered_from_one_page_are_two_students(visit: Callable[..., Visitor]) -> None:
    """Back, other details, and press: what was typed is not thrown away as done already."""
    page, path = visit("administrator"), "/studenten/do/add_student"
    shown = as_shown(page.get(path).text)
    given = {**shown, "first_name": "Noor", "last_name": "Smit", "birth_date": "14-03-2008"}
    for number, first_name in (("0912345", "Noor"), ("0912345", "Noor"), ("0912346", "Siem")):
        assert page.post(path, {**given, "number": number, "first_name": first_name}).status_code == 302
    assert names() == ["Noor", "Siem"]


def test_a_file_is_told_by_what_is_in_it(visitor_of: VisitorOf, app: Flask) -> None:
    page = visitor_of(make_user(Role.ADMINISTRATOR))
    path = "/studenten/importeren/"
    for content, runs in (
        (b"Studentnummer;Voornaam\n1;Noor\n", 1),
        (b"Studentnummer;Voornaam\n1;Noor\n", 1),
        (b"Studentnummer;Voornaam\n2;Siem\n", 2),
    ):
        sent = {"file": (io.BytesIO(content), "lijst.csv"), "login_codes": "none", "token": "t" * 43}
        assert page.post(path, sent).status_code == 302
        assert count(ImportRun) == runs


def test_every_page_asks_for_the_token_in_the_one_way() -> None:
    """`sent_token` binds it to what was sent; a page that reads the field itself would forget that."""
    reading = re.compile(r"""(get\(|\[)["']token["']""")
    found = {path.name for path in PAGES.rglob("*.py") if reading.search(path.read_text())}
    assert found == {"once.py", "invitation.py"}  # the last one reads the token of a guest's link
